package import Model

/// The newest samples of chosen series with their times, for another Prometheus: families without help, untyped but for
/// native histograms, which only protobuf has a word for.
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
  private var kind = Kind.untyped
  /// How the family's name is written; nil: it is left off.
  private var written: String?
  private var names: Set<String> = []

  /// As protobuf numbers them.
  private enum Kind: UInt8 { case untyped = 3, histogram, gaugeHistogram }

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
    guard let (name, entries) = enter(labels, .untyped) else { return }
    switch format.syntax {
    case .text, .openMetrics: appendLine(name, entries, sample)
    case .protobuf:
      message.appendProtobufSeries(entries, .untyped, more: Self.bytes(of: sample.timestamp))
      message.append(bits: sample.value)
      appendTime(sample.timestamp)
    }
  }

  /// Adds a series that is a native histogram; one with bounds of its own is left off.
  package mutating func append(_ labels: Labels, _ histogram: FloatHistogram, at time: Timestamp) {
    guard format.syntax == .protobuf, histogram.schema != FloatHistogram.customBucketsSchema,
      let (_, entries) = enter(labels, histogram.counterResetHint == .gauge ? .gaugeHistogram : .histogram)
    else { return }
    var inner = ByteWriter(capacity: 256)
    inner.append(histogram)
    message.appendProtobufMetric(
      entries, more: Self.bytes(of: time) + 1 + ByteWriter.varintBytes(inner.count) + inner.count)
    appendTime(time)
    message.append(tag: 7, length: inner.count)
    inner.bytes(from: 0).withUnsafeBytes { message.append($0) }
  }

  /// The family's name and the series' labels as they are written; nil: it is left off.
  private mutating func enter(_ labels: Labels, _ kind: Kind) -> (name: String, entries: [Label])? {
    guard let name = labels.metricName else { return nil }
    if family.isEmpty || !sameBytes(name, family) || kind != self.kind { begin(name, kind) }
    guard let written, let entries = entries(of: labels) else { return nil }
    return (written, entries)
  }

  private static func bytes(of time: Timestamp) -> Int { 1 + ByteWriter.varintBytes(Int(time.milliseconds)) }

  private mutating func appendTime(_ time: Timestamp) {
    message.append(UInt8(6 << 3))
    message.append(varint: UInt64(bitPattern: time.milliseconds))
  }

  /// The whole page.
  package consuming func finish() -> [UInt8] {
    flush()
    if format.syntax == .openMetrics { page.append("# EOF\n") }
    return page.bytes(from: 0)
  }

  private mutating func begin(_ name: String, _ kind: Kind) {
    flush()
    self.kind = kind
    // A name may be of floats and of histograms, each a family of its own.
    if family.isEmpty || !sameBytes(name, family) {
      family = name
      let escaped = escaping.apply(to: name)
      written = names.insert(escaped).inserted ? escaped : nil
    }
    guard let written else { return }
    if format.syntax == .protobuf {
      message.append(tag: 1, text: written)
      message.append(UInt8(3 << 3))
      message.append(kind.rawValue)
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
