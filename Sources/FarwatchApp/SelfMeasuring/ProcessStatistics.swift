internal import Model

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The standard `process_…` metrics, read from the kernel.
struct ProcessStatistics {
  private static let cpu = MetricFamily.counter(
    "process_cpu_seconds_total", "User and system CPU time spent, in seconds.")
  private static let resident = MetricFamily.gauge("process_resident_memory_bytes", "Resident memory.")
  private static let openFiles = MetricFamily.gauge("process_open_fds", "Open file descriptors.")
  private static let fileLimit = MetricFamily.gauge("process_max_fds", "File descriptors allowed.")
  private static let startTime = MetricFamily.gauge(
    "process_start_time_seconds", "When the process started, in Unix seconds.")
  private let started = SystemTime().now

  func readings() -> [Reading] {
    var readings = [Reading(Self.startTime, started.seconds)]
    var usage = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      let micros = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
      readings.append(Reading(Self.cpu, seconds + micros / 1e6))
    }
    if let pages = residentPages() {
      readings.append(Reading(Self.resident, Double(pages) * Double(sysconf(Int32(_SC_PAGESIZE)))))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      readings.append(Reading(Self.fileLimit, Double(limit.rlim_cur)))
    }
    if let count = openDescriptors() { readings.append(Reading(Self.openFiles, Double(count))) }
    return readings
  }

  /// Second field of /proc/self/statm.
  private func residentPages() -> Int? {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 128)
    let count = read(file, &buffer, buffer.count)
    guard count > 0 else { return nil }
    let fields = buffer[..<count].split(separator: UInt8(ascii: " "))
    return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) : nil
  }

  private func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count - 3  // `.`, `..` and the directory itself
  }
}
