#include "kernel/fs/tty/line_discipline.hpp"

#include "kernel/sched/signal_types.hpp"

namespace baryon::fs {
namespace {

bool is_control(u8 byte) { return byte < 32 || byte == 127; }
bool is_continuation(u8 byte) { return (byte & 0xc0) == 0x80; }  // of a UTF-8 sequence
bool is_word(u8 byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         byte >= 128;
}
constexpr u32 kTabWidth = 8;

}  // namespace

// --- from the keyboard ---

u32 LineDiscipline::receive(std::span<const u8> bytes, Signals& signals) {
  u32 taken = 0;
  for (u8 byte : bytes) {
    if (!receive_byte(byte, signals)) break;
    ++taken;
  }
  return taken;
}

bool LineDiscipline::receive_byte(u8 byte, Signals& signals) {
  if (settings_.input & kIstrip) byte &= 0x7f;
  const bool literal = literal_next_;
  literal_next_ = false;
  if (!literal) {
    if (receive_control(byte, signals)) return true;
    if (byte == '\r') {
      if (settings_.input & kIgncr) return true;
      if (settings_.input & kIcrnl) byte = '\n';
    } else if (byte == '\n' && settings_.input & kInlcr) {
      byte = '\r';
    }
    if (canonical() && edit(byte)) return true;
  }
  if (full()) {
    // A line that is too long loses its end but can still be finished; complete lines wait for the program.
    if (!canonical() || lines_ > 0) {
      literal_next_ = literal;
      return false;
    }
    if (settings_.input & kImaxbel) put_byte('\a');
    return true;
  }
  if (has(kEcho)) {
    if (canonical() && editing_ == 0) line_start_column_ = column_;
    echo(byte);
  }
  append(byte, false);
  return true;
}

// Flow control and signals: bytes that never reach the program.
bool LineDiscipline::receive_control(u8 byte, Signals& signals) {
  if (settings_.input & kIxon) {
    if (matches(byte, kVstart)) return stopped_ = false, true;
    if (matches(byte, kVstop)) return stopped_ = true, true;
    if (settings_.input & kIxany) stopped_ = false;
  }
  if (!has(kIsig)) return false;
  int signal = 0;
  if (matches(byte, kVintr)) signal = sched::kSigint;
  else if (matches(byte, kVquit)) signal = sched::kSigquit;
  else if (matches(byte, kVsusp)) signal = sched::kSigtstp;
  if (signal == 0) return false;
  if (!has(kNoflsh)) {
    flush_input();
    output_.clear();
  }
  stopped_ = false;
  if (has(kEcho)) echo(byte);
  signals |= u64{1} << signal;
  return true;
}

bool LineDiscipline::edit(u8 byte) {
  if (matches(byte, kVerase)) return erase_last(), true;
  if (matches(byte, kVkill)) return erase_line(), true;
  if (has(kIexten)) {
    if (matches(byte, kVwerase)) return erase_word(), true;
    if (matches(byte, kVlnext)) {
      if (has(kEcho) && has(kEchoctl)) put_text("^\b");
      return literal_next_ = true;
    }
    if (matches(byte, kVreprint) && has(kEcho)) return reprint(), true;
  }
  if (matches(byte, kVeof)) return append(0, true), true;
  const bool ends = byte == '\n' || matches(byte, kVeol) || (has(kIexten) && matches(byte, kVeol2));
  if (!ends) return false;
  if (byte == '\n' ? has(kEcho) || has(kEchonl) : has(kEcho)) byte == '\n' ? (void)put_byte(byte) : echo(byte);
  append(byte, true);
  return true;
}

void LineDiscipline::append(u8 byte, bool line_end) {
  // full() keeps one slot free for the end of a line; a second one while nobody reads has no room.
  if (used_ == kInputSize) return;
  const u32 slot = (head_ + used_++) % kInputSize;
  input_[slot] = byte;
  line_ends_[slot] = line_end;
  if (line_end) {
    ++lines_;
    editing_ = 0;
  } else if (canonical()) {
    ++editing_;
  }
}

// --- editing ---

void LineDiscipline::erase_last() {
  if (editing_ == 0) return;
  const u32 before = line_columns();
  u8 last = at(used_ - 1);
  --used_, --editing_;
  // A character of several bytes goes as a whole.
  while (settings_.input & kIutf8 && is_continuation(last) && editing_ > 0) {
    last = at(used_ - 1);
    --used_, --editing_;
  }
  if (!has(kEcho)) return;
  if (has(kEchoe)) rub_out(last, before);
  else echo(settings_.characters[kVerase]);
}

void LineDiscipline::erase_word() {
  bool in_word = false;
  while (editing_ > 0) {
    const bool word = is_word(at(used_ - 1));
    if (in_word && !word) return;
    in_word |= word;
    erase_last();
  }
}

void LineDiscipline::erase_line() {
  if (has(kEcho) && !(has(kEchok) && has(kEchoke) && has(kEchoe))) {
    used_ -= editing_;
    editing_ = 0;
    echo(settings_.characters[kVkill]);
    if (has(kEchok)) put_byte('\n');
    return;
  }
  while (editing_ > 0) erase_last();
}

void LineDiscipline::reprint() {
  echo(settings_.characters[kVreprint]);
  put_byte('\n');
  line_start_column_ = column_;
  for (u32 i = used_ - editing_; i < used_; ++i) echo(at(i));
}

// The column after the line that is being edited.
u32 LineDiscipline::line_columns() {
  u32 column = line_start_column_;
  for (u32 i = used_ - editing_; i < used_; ++i) {
    const u8 byte = at(i);
    if (byte == '\t') column += kTabWidth - column % kTabWidth;
    else if (is_control(byte)) column += has(kEchoctl) ? 2 : 0;
    else if (!(settings_.input & kIutf8 && is_continuation(byte))) ++column;
  }
  return column;
}

void LineDiscipline::rub_out(u8 byte, u32 columns_before) {
  const u32 now = line_columns();
  for (u32 column = columns_before; column > now; --column) put_text(byte == '\t' ? "\b" : "\b \b");
}

void LineDiscipline::echo(u8 byte) {
  if (has(kEchoctl) && is_control(byte) && byte != '\t' && byte != '\n') {
    put_byte('^');
    put_byte(byte ^ 0100);
    return;
  }
  put_byte(byte);
}

// --- to the screen ---

u32 LineDiscipline::put(std::span<const u8> bytes) {
  u32 done = 0;
  for (u8 byte : bytes) {
    if (!put_byte(byte)) break;
    ++done;
  }
  return done;
}

// All of what the byte becomes, or nothing.
bool LineDiscipline::put_byte(u8 byte) {
  if (output_.space() < kTabWidth) return false;
  if (!(settings_.output & kOpost)) return output_.put(byte);
  switch (byte) {
    case '\n':
      if (settings_.output & kOnlcr) output_.put('\r');
      if (settings_.output & (kOnlcr | kOnlret)) column_ = 0;
      return output_.put('\n');
    case '\r':
      if (settings_.output & kOnocr && column_ == 0) return true;
      column_ = 0;
      return output_.put(settings_.output & kOcrnl ? '\n' : '\r');
    case '\t': {
      const u32 width = kTabWidth - column_ % kTabWidth;
      column_ += width;
      if ((settings_.output & kXtabs) != kXtabs) return output_.put('\t');
      for (u32 i = 0; i < width; ++i) output_.put(' ');
      return true;
    }
    case '\b':
      if (column_ > 0) --column_;
      return output_.put('\b');
    default:
      if (!is_control(byte) && !(settings_.input & kIutf8 && is_continuation(byte))) ++column_;
      return output_.put(byte);
  }
}

void LineDiscipline::put_text(const char* text) {
  for (; *text != 0; ++text) (void)put_byte(static_cast<u8>(*text));
}

// --- for the program ---

bool LineDiscipline::readable(u32 minimum) const { return canonical() ? lines_ > 0 : used_ >= minimum; }

u32 LineDiscipline::available() const {
  if (!canonical()) return used_;
  return lines_ > 0 ? used_ - editing_ : 0;
}

u32 LineDiscipline::take(std::span<u8> out, bool& end) {
  end = false;
  u32 count = 0;
  while (used_ > 0 && !end && (!canonical() || lines_ > 0)) {
    const u8 byte = at(0);
    const bool line_end = ends_line(0);
    const bool end_of_file = line_end && byte == 0 && canonical();
    // A line that fills the buffer exactly: its end of file goes with it, or the next read would return nothing.
    if (count == out.size() && !end_of_file) break;
    line_ends_[head_] = false;
    head_ = (head_ + 1) % kInputSize;
    --used_;
    if (line_end && lines_ > 0) --lines_;
    if (!end_of_file) out[count++] = byte;
    end = line_end && canonical();
  }
  if (editing_ > used_) editing_ = used_;
  return count;
}

void LineDiscipline::configure(const Termios& settings) {
  const bool was_canonical = canonical();
  settings_ = settings;
  settings_.line = 0;
  if (was_canonical == canonical()) return;
  // What has been typed becomes readable in the new mode: all of it is one line (n_tty_set_termios).
  for (bool& flag : line_ends_) flag = false;
  lines_ = editing_ = 0;
  if (canonical() && used_ > 0) {
    line_ends_[(head_ + used_ - 1) % kInputSize] = true;
    lines_ = 1;
  }
}

void LineDiscipline::flush_input() {
  for (bool& flag : line_ends_) flag = false;
  head_ = used_ = editing_ = lines_ = 0;
}

}  // namespace baryon::fs
