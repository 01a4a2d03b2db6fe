#if canImport(Glibc)
  internal import Glibc
#endif

/// Memory that is free but still with the process.
enum FreedMemory {
  /// Gives it back to the system. What a checkpoint needs for a moment, tens of bytes for each series in many small
  /// pieces, would otherwise count as the daemon's from the first one on. Some milliseconds; called by the store's own
  /// thread.
  static func giveBack() {
    #if canImport(Glibc)
      malloc_trim(0)
    #endif
  }
}
