import FarwatchTesting
import Foundation

/// What processes have used so far.
enum ProcessUse {
  /// User and system seconds of all threads, dead ones too: what `/proc/PID/stat` says in ticks of 10 ms, without
  /// the rounding.
  static func cpuSeconds(_ pids: [pid_t]) throws -> Double {
    try pids.reduce(0) { sum, pid in
      var clock = clockid_t()
      var time = timespec()
      guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else {
        throw BenchError("process \(pid) is gone")
      }
      return sum + Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
  }

  /// Resident megabytes (10^6 bytes).
  static func residentMegabytes(_ pids: [pid_t]) throws -> Double {
    try pids.reduce(0) { $0 + Double(try status($1, "VmRSS")) * 1024 / 1e6 }
  }

  /// Megabytes that no file stands behind: what the processes wrote, and what the system cannot take away when it needs
  /// memory. Code, which ``residentMegabytes(_:)`` counts too, is not in it.
  static func ownMegabytes(_ pids: [pid_t]) throws -> Double {
    try pids.reduce(0) { $0 + Double(try status($1, "RssAnon")) * 1024 / 1e6 }
  }

  static func threads(_ pid: pid_t) throws -> Int { try status(pid, "Threads") }

  private static func status(_ pid: pid_t, _ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") }),
      let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { throw BenchError("process \(pid) does not tell its \(name)") }
    return number
  }
}
