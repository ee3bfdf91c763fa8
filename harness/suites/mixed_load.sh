# What runs inside the sandbox of test_mixed_load.py: redis, nginx, stress-ng and storms of forks, all at once, round after round.
# A line a round on standard output: round N, MemAvailable in KiB, processes. It ends when the file /tmp/enough is there.
set -u
redis_port=$1
nginx_port=$2

die() { echo "failed: $*"; exit 1; }

/usr/bin/redis-server --port "$redis_port" --save "" --appendonly no --dir /tmp --maxmemory 8mb --maxmemory-policy allkeys-lru \
  --logfile /tmp/redis.log &
redis=$!

mkdir -p /tmp/site
head -c 200000 /dev/urandom > /tmp/site/file
cat > /tmp/nginx.conf <<END
daemon off; user root; worker_processes 2; pid /tmp/nginx.pid; error_log /tmp/nginx.log;
events { worker_connections 256; }
http { access_log off; sendfile on; client_body_temp_path /tmp/a; proxy_temp_path /tmp/b;
fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
server { listen 127.0.0.1:$nginx_port; root /tmp/site; } }
END
/usr/sbin/nginx -c /tmp/nginx.conf &
nginx=$!

# Sixteen generations of short processes at a time, each with a pipe to its parent.
storm() {
  for each in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    (echo "$each" | cat | (read -r number; [ "$number" = "$each" ]) || echo "failed: a pipeline lost its number") &
    forked="${forked-} $!"
  done
  wait $forked
  forked=""
}

round=0
while [ ! -e /tmp/enough ]; do
  round=$((round + 1))
  # A second each: processes, memory, files, signals, sockets, then back to the first.
  for stressor in fork vm hdd sigrt pipe mmap dentry futex sockpair timer; do
    /usr/bin/stress-ng --verify --"$stressor" 1 -t 1 --temp-path /tmp --vm-bytes 64M --mmap-bytes 64M --hdd-bytes 16M \
      --no-rand-seed --quiet > /tmp/stress.out 2>&1 || { cat /tmp/stress.out; die "stress-ng --$stressor"; }
    storm
  done
  kill -0 "$redis" || die "redis-server is gone"
  kill -0 "$nginx" || die "nginx is gone"
  available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  processes=$(ls -d /proc/[0-9]* | wc -l)
  echo "round $round $available $processes"
done
kill "$redis" "$nginx"
wait
echo "end"
