package import Logging
internal import Model
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Writes one line a message to standard error: `time=… level=… msg="…" key=value …`. Messages are constant, data
/// goes in the metadata, so a line can be searched and counted.
package struct LogfmtHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level
  private let label: String

  package init(label: String, level: Logger.Level) {
    self.label = label
    logLevel = level
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var line = Self.line(
      SystemTime().now, event.level, event.message.description,
      metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }))
    // One write a line: lines of several threads do not mix.
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// One line with its end, whatever the data holds.
  static func line(
    _ time: Timestamp, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
  ) -> String {
    var line = "time=\(time.iso8601) level=\(level) msg=\(quoted(message))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      let text = value.description
      line += " \(key.utf8.allSatisfy(isPlain) && !key.isEmpty ? key : "field")="
      line += !text.isEmpty && text.utf8.allSatisfy(isPlain) ? text : quoted(text)
    }
    return line + "\n"
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != 0x22 && byte != 0x3d && byte < 0x7f
  }
}
