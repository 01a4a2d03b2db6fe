internal import Foundation
internal import Model

/// A folder that looks like what a dump job leaves: one complete, compressed dump after the other.
final class DemoBackups: Sendable {
  let folder: String
  private let time = SystemTime()

  init(folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Writes one dump through a temporary name, as a careful job does, and keeps the newest five.
  func writeOne() throws {
    let c = time.now.civil
    let stamp =
      "\(padded(c.year, 4))\(padded(c.month, 2))\(padded(c.day, 2))"
      + "\(padded(c.hour, 2))\(padded(c.minute, 2))\(padded(c.second, 2))"
    let dump = "\(folder)/backup_\(stamp).sql"
    var text = "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n"
    for row in 0..<400 { text += "INSERT INTO orders VALUES (\(row), 'order number \(row &* 7919)');\n" }
    text += "-- Dump completed on \(time.now.iso8601)\n"
    try text.write(toFile: "\(dump).part", atomically: false, encoding: .utf8)
    let gzip = Process()
    gzip.executableURL = URL(filePath: "/bin/sh")
    gzip.arguments = [
      "-c", #"gzip -c "$1.part" > "$1.gz.part" && mv "$1.gz.part" "$1.gz" && rm "$1.part""#, "gzip", dump,
    ]
    try gzip.run()
    gzip.waitUntilExit()
    let dumps = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".sql.gz") }.sorted()
    for old in dumps.dropLast(5) { try? FileManager.default.removeItem(atPath: "\(folder)/\(old)") }
  }
}
