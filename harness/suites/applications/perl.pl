# What perl programs ask a kernel for: fork and pipes, sockets, signals, select, locks, sorting, files in place.
use strict; use warnings;
use Fcntl qw(:flock :seek); use File::Find; use File::Temp qw(tempdir); use IO::Select; use IO::Socket::INET; use IO::Socket::UNIX;
use POSIX qw(:sys_wait_h :signal_h); use Socket; use Storable qw(store retrieve); use Time::HiRes qw(usleep);
$| = 1;
my $folder = tempdir(CLEANUP => 0); chdir $folder or die;

my @pids;
for my $n (1 .. 5) {
    defined(my $pid = fork) or die; if (!$pid) { exit $n * 10 } push @pids, $pid;
}
print "children: ", join(' ', map { waitpid($_, 0); $? >> 8 } @pids), "\n";

pipe(my $r, my $w); if (!fork) { close $r; print $w "line $_\n" for 1 .. 20000; close $w; POSIX::_exit(0) } close $w;
my ($lines, $bytes) = (0, 0); while (<$r>) { $lines++; $bytes += length } wait; print "pipe: $lines $bytes\n";

open my $sort, '-|', 'printf "3\n1\n2\n" | sort' or die; chomp(my @sorted = <$sort>); close $sort; print "sorted: @sorted, status $?\n";
open my $to, '|-', 'tr a-z A-Z' or die; print $to "to upper\n"; close $to; system('exit 7;'); print 'system: ', $? >> 8, ' ', `echo -n back; exit 3`, ' ', $? >> 8, "\n";

my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Proto => 'tcp') or die; my $port = $server->sockport;
for my $n (1 .. 4) {
    next if fork; my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or POSIX::_exit(1);
    print $c "$n " x 1000, "\n"; my $answer = <$c>; POSIX::_exit($answer eq reverse("$n " x 1000) . "\n" ? 0 : 2);
}
my $select = IO::Select->new($server); my $served = 0;
while ($served < 4) {
    for my $h ($select->can_read(30)) {
        if ($h == $server) { $select->add(scalar $server->accept); next }
        chomp(my $line = <$h>); print $h reverse($line) . "\n"; $select->remove($h); close $h; $served++;
    }
}
my @ends; push @ends, $? >> 8 while wait > 0; print "served: $served, clients: @ends\n";
my $unix = IO::Socket::UNIX->new(Local => "$folder/s", Listen => 1) or die;
if (!fork) { my $c = IO::Socket::UNIX->new(Peer => "$folder/s"); print $c "unix\n"; POSIX::_exit(0) } print 'socket: ', scalar readline($unix->accept); wait;
socketpair(my $one, my $two, AF_UNIX, SOCK_STREAM, PF_UNSPEC); syswrite $one, 'pair'; sysread $two, my $got, 4; print "$got\n";

my $caught = 0; $SIG{USR1} = sub { $caught++ }; kill USR1 => $$ for 1 .. 3; $SIG{ALRM} = sub { die "alarm\n" };
eval { alarm 1; select undef, undef, undef, 30; }; print "signals: $caught $@"; local $SIG{CHLD} = sub { 1 while waitpid(-1, WNOHANG) > 0; $caught = 100 };
if (!fork) { POSIX::_exit(0) } usleep 10000 until $caught == 100; print "child's end noticed\n"; $SIG{CHLD} = 'DEFAULT';

open my $f, '+>', 'counter' or die; print $f "0\n"; $f->flush;
for (1 .. 4) { next if fork; for (1 .. 50) { open my $l, '+<', 'counter'; flock $l, LOCK_EX; my $n = <$l>; seek $l, 0, SEEK_SET; print $l $n + 1, "\n"; close $l } POSIX::_exit(0) }
1 while wait > 0; seek $f, 0, SEEK_SET; print 'counted: ', scalar <$f>;

mkdir "d$_" and do { open my $h, '>', "d$_/f" or die; print $h "x" x $_ } for 1 .. 10; my $size = 0; find(sub { $size += -s if -f }, map { "d$_" } 1 .. 10); print "found: $size\n";
store { list => [1 .. 5], word => 'w' }, 'stored'; my $back = retrieve('stored'); print "stored: @{$back->{list}} $back->{word}\n";
{ local ($^I, @ARGV) = ('.bak', 'd3/f'); while (<>) { s/x/y/; print } } open my $e, '<', 'd3/f'; print 'edited: ', <$e>, ' ', -s 'd3/f.bak', "\n";
my %words; $words{ $_ % 1000 } .= chr(97 + $_ % 26) for 1 .. 100000; my $text = join '', map { $words{$_} } sort { $a <=> $b } keys %words; my $count = () = $text =~ /a[b-z]*?c/g; print 'text: ', length $text, " $count\n";
my @stat = stat 'd5/f'; utime 1e9, 1e9, 'd5/f'; print 'stat: ', $stat[7], ' ', (stat 'd5/f')[9], ' ', sprintf('%o', $stat[2] & 07777), "\n"; $! = 0; open my $no, '<', '/nonexistent'; print "error: $! ", $! + 0, "\n";
print "ended: ", (system('kill -9 $$') & 127), "\n"; chdir '/'; system 'rm', '-r', $folder; print "left: ", -e $folder ? 'yes' : 'no', "\n";
