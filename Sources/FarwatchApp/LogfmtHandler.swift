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
    var line =
      "time=\(SystemTime().now.iso8601) level=\(event.level) msg=\(quoted(event.message.description))"
    for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: {
      $0.key < $1.key
    }) {
      let text = value.description
      let plain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 < 0x7f }
      line += " \(key)=\(plain ? text : quoted(text))"
    }
    line += "\n"
    // One write a line: lines of several threads do not mix.
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
