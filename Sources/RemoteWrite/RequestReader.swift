internal import Model

/// What a request holds that can be taken, and what was wrong with the rest.
struct ReadRequest {
  var series: [WrittenSeries] = []
  /// Samples and histograms of series whose labels are not valid, and histograms that contradict themselves.
  var invalid = 0
  /// About the first of them.
  var problem: String?
  var exemplars = 0
}

/// A request that is refused as a whole.
enum RequestFault: Error {
  case malformed(String)
  case tooLarge(String)
}

/// Reads the messages of remote write, `prometheus.WriteRequest` and `io.prometheus.write.v2.Request`, by hand: they are
/// small, and the limits are to hold before memory is taken.
///
/// Labels are valid as Prometheus' own receiver has it: a metric name, names of letters, digits and `_`, none twice.
/// Their order does not matter; one with an empty value is none. Metadata and exemplars are passed over.
struct RequestReader {
  private struct Sets {
    var labels: [Label] = []
    var samples: [Sample] = []
    var histograms: [WrittenSeries.Histogram] = []
    var invalid = 0
    var problem: String?
  }

  let limits: RemoteWriteLimits
  private(set) var request = ReadRequest()
  private var samples = 0
  private var series = 0

  /// Too many labels make one series invalid; so many, the whole request.
  private var mostLabels: Int { limits.labelsPerSeries * 10 }

  init(_ limits: RemoteWriteLimits) { self.limits = limits }

  static func read(
    _ bytes: [UInt8], _ version: RemoteWriteVersion, _ limits: RemoteWriteLimits
  ) throws(RequestFault) -> ReadRequest {
    var reader = RequestReader(limits)
    let fault: RequestFault? = bytes.withUnsafeBytes { raw in
      do throws(RequestFault) {
        try reader.read(raw, version)
        return nil
      } catch { return error }
    }
    if let fault { throw fault }
    return reader.request
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer, _ version: RemoteWriteVersion)
    throws(RequestFault)
  {
    var tooLarge: String?
    do throws(WireFault) {
      let symbols = version == .v2 ? try readSymbols(bytes, &tooLarge) : []
      let seriesField: UInt64 = version == .v2 ? 5 : 1
      var reader = WireReader(bytes)
      while tooLarge == nil, let (field, value) = try reader.next() {
        guard field == seriesField else { continue }
        series += 1
        guard series <= limits.series else {
          tooLarge = "more than \(limits.series) series in one request"
          break
        }
        let message = try value.message("a series")
        let sets = version == .v2 ? try readSets2(message, symbols) : try readSets1(message)
        samples += sets.samples.count + sets.histograms.count + sets.invalid
        if samples > limits.samples { tooLarge = "more than \(limits.samples) samples in one request" }
        take(sets)
      }
    } catch {
      throw .malformed(error.description)
    }
    if let tooLarge { throw .tooLarge(tooLarge) }
  }

  // MARK: Version 1

  private func readSets1(_ message: UnsafeRawBufferPointer) throws(WireFault) -> Sets {
    var sets = Sets()
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 1:
        guard sets.labels.count < mostLabels else { throw WireFault("a series has too many labels") }
        sets.labels.append(try label(try value.message("a label")))
      case 2: try readSample(try value.message("a sample"), &sets)
      case 4: try readHistogram(try value.message("a histogram"), &sets)
      default: break
      }
    }
    return sets
  }

  private func label(_ message: UnsafeRawBufferPointer) throws(WireFault) -> Label {
    var (name, text) = ("", "")
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: name = try value.text("a label's name")
      case 2: text = try value.text("a label's value")
      default: break
      }
    }
    return Label(name, text)
  }

  // MARK: Version 2

  private func readSymbols(
    _ bytes: UnsafeRawBufferPointer, _ tooLarge: inout String?
  ) throws(WireFault) -> [String] {
    // Symbols are shared, so that there can hardly be more than all series have labels.
    let limit = limits.series * 10
    var symbols: [String] = []
    var reader = WireReader(bytes)
    while let (field, value) = try reader.next() {
      guard field == 4 else { continue }
      guard symbols.count < limit else {
        tooLarge = "more than \(limit) symbols in one request"
        break
      }
      symbols.append(try value.text("a symbol"))
    }
    guard symbols.first?.isEmpty ?? true else { throw WireFault("the first symbol is not empty") }
    return symbols
  }

  private func readSets2(_ message: UnsafeRawBufferPointer, _ symbols: [String]) throws(WireFault) -> Sets {
    var sets = Sets()
    var references: [UInt64] = []
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 1:
        try value.integers("references to labels", limit: mostLabels * 2) {
          references.append($0)
          return references.count
        }
      case 2: try readSample(try value.message("a sample"), &sets)
      case 3: try readHistogram(try value.message("a histogram"), &sets)
      default: break
      }
    }
    guard references.count % 2 == 0 else { throw WireFault("a label's name has no value") }
    for pair in stride(from: 0, to: references.count, by: 2) {
      guard let name = Int(exactly: references[pair]), let text = Int(exactly: references[pair + 1]),
        symbols.indices.contains(name), symbols.indices.contains(text)
      else { throw WireFault("a label refers to a symbol that is not there") }
      sets.labels.append(Label(symbols[name], symbols[text]))
    }
    return sets
  }

  // MARK: What both have

  private func readSample(_ message: UnsafeRawBufferPointer, _ sets: inout Sets) throws(WireFault) {
    var (number, time) = (0.0, Int64(0))
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: number = try value.double("a sample's value")
      case 2: time = Int64(bitPattern: try value.integer("a sample's timestamp"))
      default: break
      }
    }
    guard sets.samples.count < limits.samples else { throw WireFault("a series has too many samples") }
    sets.samples.append(Sample(timestamp: Timestamp(milliseconds: time), value: number))
  }

  private func readHistogram(_ message: UnsafeRawBufferPointer, _ sets: inout Sets) throws(WireFault) {
    do throws(HistogramReader.Contradiction) {
      let (time, histogram) = try HistogramReader.read(message, buckets: limits.bucketsPerHistogram)
      sets.histograms.append(.init(time: time, value: histogram))
    } catch {
      switch error {
      case .wire(let fault): throw fault
      case .histogram(let problem):
        sets.invalid += 1
        sets.problem = sets.problem ?? problem
      }
    }
    guard sets.histograms.count + sets.invalid <= limits.samples else {
      throw WireFault("a series has too many histograms")
    }
  }

  private mutating func take(_ sets: Sets) {
    request.invalid += sets.invalid
    if let problem = sets.problem { request.problem = request.problem ?? problem }
    if let complaint = complaint(about: sets.labels) {
      request.invalid += sets.samples.count + sets.histograms.count
      request.problem = request.problem ?? complaint
      return
    }
    var series = WrittenSeries(labels: Labels(sets.labels))
    series.samples = sets.samples
    series.histograms = sets.histograms
    if series.count > 0 { request.series.append(series) }
  }

  /// Why `labels` name no series; nil: they do.
  private func complaint(about labels: [Label]) -> String? {
    guard labels.count <= limits.labelsPerSeries else {
      return "a series has more than \(limits.labelsPerSeries) labels"
    }
    var names: Set<String> = []
    var hasMetric = false
    for label in labels {
      guard names.insert(label.name).inserted else { return "label \(short(label.name)) is there twice" }
      guard label.name.utf8.count <= limits.labelNameBytes, label.value.utf8.count <= limits.labelValueBytes
      else { return "label \(short(label.name)) is too long" }
      if label.name == Labels.metricNameLabel {
        guard isName(label.value, colons: true) else { return "\(short(label.value)) is no metric name" }
        hasMetric = true
      } else if !isName(label.name, colons: false) {
        return "\(short(label.name)) is no label name"
      }
    }
    return hasMetric ? nil : "a series has no metric name"
  }

  private func isName(_ text: String, colons: Bool) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
        || colons && $0 == 0x3a
    }
  }

  private func short(_ text: String) -> String {
    quoted(text.unicodeScalars.count > 80 ? String(text.unicodeScalars.prefix(80)) + "…" : text)
  }
}
