package import Model

/// The newest samples of chosen series with their times, for another Prometheus: families without help, all untyped.
///
/// What cannot be written validly is left off: a series of which two labels become one name, and a family whose name,
/// escaped, stands there already.
package struct FederatedPage: ~Copyable {
  private let format: ExpositionFormat
  private let escaping: NameEscaping
  /// Added to every series that has no such label.
  private let added: [Label]
  private var page = ByteWriter(capacity: 64 << 10)
  /// Of protobuf: the family that is being written, whose length stands before it.
  private var message = ByteWriter(capacity: 4 << 10)
  private var family = ""
  /// How the family's name is written; nil: it is left off.
  private var written: String?
  private var names: Set<String> = []

  /// - Parameter externalLabels: of this server. An `instance` that is empty is added to them: who scrapes with
  ///   `honor_labels` must not put its own where there is none.
  package init(_ format: ExpositionFormat, externalLabels: Labels) {
    self.format = format
    escaping = format.escaping ?? .underscores
    let instance = externalLabels["instance"] == nil ? [Label("instance", "")] : []
    added = (externalLabels.entries + instance).sorted { byteOrder($0.name, $1.name) }
  }

  /// Adds a series. Those of one name are to come one after the other; one without a name is left off.
  package mutating func append(_ labels: Labels, _ sample: Sample) {
    guard let name = labels.metricName else { return }
    if family.isEmpty || !sameBytes(name, family) { begin(name) }
    guard let written, let entries = entries(of: labels) else { return }
    switch format.syntax {
    case .text, .openMetrics: appendLine(written, entries, sample)
    case .protobuf:
      let time = UInt64(bitPattern: sample.timestamp.milliseconds)
      message.appendProtobufSeries(
        entries, .untyped, more: 1 + ByteWriter.varintBytes(Int(sample.timestamp.milliseconds)))
      message.append(bits: sample.value)
      message.append(UInt8(6 << 3))
      message.append(varint: time)
    }
  }

  /// The whole page.
  package consuming func finish() -> [UInt8] {
    flush()
    if format.syntax == .openMetrics { page.append("# EOF\n") }
    return page.bytes(from: 0)
  }

  private mutating func begin(_ name: String) {
    flush()
    family = name
    let escaped = escaping.apply(to: name)
    written = names.insert(escaped).inserted ? escaped : nil
    guard let written else { return }
    if format.syntax == .protobuf {
      message.append(tag: 1, text: written)
      message.append(UInt8(3 << 3))
      // Untyped.
      message.append(UInt8(3))
    } else {
      page.append("# TYPE ")
      page.appendName(written, isQuoted: !TextFormat.isMetricName(written))
      page.append(format.syntax == .openMetrics ? " unknown\n" : " untyped\n")
    }
  }

  /// Ends a family of protobuf.
  private mutating func flush() {
    guard message.count > 0 else { return }
    page.append(varint: UInt64(message.count))
    message.bytes(from: 0).withUnsafeBytes { page.append($0) }
    message.truncate(to: 0)
  }

  /// A series' own labels and then those that are added, as they are written; nil: two of them become one.
  private func entries(of labels: Labels) -> [Label]? {
    var entries: [Label] = []
    var isChanged = false
    for label in labels.entries + added.filter({ labels[$0.name] == nil }) {
      if sameBytes(label.name, Labels.metricNameLabel) { continue }
      if TextFormat.isLabelName(label.name) || escaping == .allowUTF8 {
        entries.append(label)
        continue
      }
      isChanged = true
      // A metric's name may have colons, a label's may not.
      let name = escaping.apply(to: label.name).map { $0 == ":" ? "_" : $0 }
      entries.append(Label(String(name), label.value))
    }
    return isChanged && Set(entries.map(\.name)).count < entries.count ? nil : entries
  }

  private mutating func appendLine(_ name: String, _ entries: [Label], _ sample: Sample) {
    let isOpen = format.syntax == .openMetrics
    page.appendTextSeries(name, isQuoted: !TextFormat.isMetricName(name), entries)
    // Negative zero is written as zero in these formats.
    page.append(number: sample.value == 0 ? 0 : sample.value, point: isOpen)
    page.append(" ")
    var time: [UInt8] = []
    let milliseconds = sample.timestamp.milliseconds
    if isOpen {
      if milliseconds < 0 { time.append(UInt8(ascii: "-")) }
      NumberText.appendInteger(Int64(milliseconds.magnitude / 1000), to: &time)
      time += Array(".\(padded(Int(milliseconds.magnitude % 1000), 3))\n".utf8)
    } else {
      NumberText.appendInteger(milliseconds, to: &time)
      time.append(UInt8(ascii: "\n"))
    }
    time.withUnsafeBytes { page.append($0) }
  }
}
