internal import CMalloc
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What of the process' memory is kept though nobody needs it now. Where the system's C library is not glibc, the
/// allocator has no such settings and is left alone.
package enum ProcessMemory {
  /// Lets all threads share two heaps. To be called before the first thread is made.
  ///
  /// glibc gives each thread a heap of its own, up to eight times the processors. What one has free no other can use;
  /// our threads hand nearly everything they allocate to another, and none of them allocates for long.
  package static func shareHeaps() {
    #if canImport(Glibc)
      mallopt(M_ARENA_MAX, 2)
    #endif
  }

  /// Gives whole free pages of the heaps back to the system. Other threads that allocate wait meanwhile: some
  /// milliseconds for each hundred megabytes.
  package static func giveBack() {
    #if canImport(Glibc)
      _ = malloc_trim(0)
    #endif
  }

  /// Takes the code of the program and its libraries out of the process' page table. What is still needed is mapped
  /// again at its next use, from the page cache.
  ///
  /// The start runs through most of the program once, and the kernel maps sixteen pages for each that is touched. When
  /// memory is short it spares mapped code longest: what only the start needed would push out what is used.
  package static func unmapCode() {
    guard let file = fopen("/proc/self/maps", "re") else { return }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096 + 256)
    while fgets(&line, CInt(line.count), file) != nil {
      let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      guard let code = CodeMapping(String(decoding: text, as: UTF8.self)[...]),
        let start = UnsafeMutableRawPointer(bitPattern: code.start)
      else { continue }
      // Clean pages of a file: nothing is lost, and what refuses stays as it is.
      madvise(start, Int(code.end - code.start), MADV_DONTNEED)
    }
  }
}

/// A line of `/proc/PID/maps` about something of a file that nobody has written to: its code, or what stands before it.
///
/// A constant behind the code is left out: the loader may have written addresses into it.
struct CodeMapping: Equatable {
  var start: UInt
  var end: UInt

  init(start: UInt, end: UInt) { (self.start, self.end) = (start, end) }

  /// `7f00-7f10 r-xp 00001000 fe:00 123   /usr/lib/name.so`; nil when it is anything else.
  init?(_ line: Substring) {
    let fields = line.split(maxSplits: 5, whereSeparator: \.isWhitespace)
    // Spaces stand before the path, so that paths begin in one column.
    guard fields.count == 6, fields[5].first(where: { !$0.isWhitespace }) == "/",
      fields[1] == "r-xp" || fields[1] == "r--p" && fields[2].allSatisfy({ $0 == "0" })
    else { return nil }
    let ends = fields[0].split(separator: "-")
    guard ends.count == 2, let start = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16),
      start < end,
      Int(exactly: end) != nil
    else { return nil }
    self.init(start: start, end: end)
  }
}
