internal import Model

/// `status/…`.
extension PrometheusAPI {
  func configuration(_ form: Form) throws(APIFault) -> Answer {
    let text = face.configurationText()
    return Answer { out in
      out.raw("{\"yaml\":")
      out.string(text)
      out.raw("}")
    }
  }

  func flags(_ form: Form) throws(APIFault) -> Answer {
    let flags = Labels(face.information().flags)
    return Answer { $0.labels(flags) }
  }

  /// What only a Go program can tell is 0 and empty.
  func runtimeInformation(_ form: Form) throws(APIFault) -> Answer {
    let known = face.information()
    return Answer { out in
      out.raw("{\"startTime\":")
      out.moment(known.startedAt)
      out.raw(",\"CWD\":")
      out.string(known.workingDirectory)
      out.raw(",\"hostname\":\"\",\"serverTime\":")
      out.moment(face.now)
      out.raw(",\"reloadConfigSuccess\":")
      out.boolean(known.isNewestConfiguration)
      out.raw(",\"lastConfigTime\":")
      out.moment(known.configuredAt)
      out.raw(",\"corruptionCount\":")
      out.integer(Int64(known.corruptions))
      out.raw(",\"goroutineCount\":0,\"GOMAXPROCS\":0,\"GOMEMLIMIT\":0,\"GOGC\":\"\",\"GODEBUG\":\"\"")
      out.raw(",\"storageRetention\":")
      out.string(DurationText.format(known.retention))
      out.raw("}")
    }
  }

  /// The version is Farwatch's own, and the application says so: Grafana shows both, and takes the rest for granted.
  func buildInformation(_ form: Form) throws(APIFault) -> Answer {
    let version = face.information().version
    return Answer { out in
      out.raw("{\"application\":\"farwatch\",\"version\":")
      out.string(version)
      out.raw(",\"revision\":\"\",\"branch\":\"\",\"buildUser\":\"\",\"buildDate\":\"\"")
      out.raw(",\"goVersion\":\"\",\"features\":{}}")
    }
  }

  /// There is nothing to wait for: who answers has read its files.
  func replay(_ form: Form) throws(APIFault) -> Answer {
    Answer { $0.raw("{\"min\":0,\"max\":0,\"current\":0}") }
  }

  func storeStatus(_ form: Form, _ lease: QueryLease) throws(APIFault) -> Answer {
    let text = form["limit"]
    guard let limit = text.isEmpty ? 10 : GoNumber.integer(text), limit > 0 else {
      throw APIFault(.badData, "limit must be a positive number")
    }
    let summary = face.storeSummary()
    let reader = face.reader
    var counts = CardinalityCounts()
    for (place, id) in reader.select([]).enumerated() {
      if place % 1024 == 0 { try lease.check() }
      counts.add(reader.labels(of: id))
    }
    return Answer { out in
      out.raw("{\"headStats\":{\"numSeries\":")
      out.integer(Int64(summary.series))
      out.raw(",\"numLabelPairs\":")
      out.integer(Int64(counts.pairs))
      out.raw(",\"chunkCount\":")
      out.integer(Int64(summary.chunks))
      out.raw(",\"minTime\":")
      out.integer(summary.oldest?.milliseconds ?? .max)
      out.raw(",\"maxTime\":")
      out.integer(summary.newest?.milliseconds ?? .min)
      out.raw("},\"seriesCountByMetricName\":")
      out.counts(counts.seriesOfMetric, limit)
      out.raw(",\"labelValueCountByLabelName\":")
      out.counts(counts.valuesOfLabel, limit)
      out.raw(",\"memoryInBytesByLabelName\":")
      out.counts(counts.bytesOfLabel, limit)
      out.raw(",\"seriesCountByLabelValuePair\":")
      out.counts(counts.seriesOfPair, limit)
      out.raw("}")
    }
  }
}

/// How many series, labels and values there are.
private struct CardinalityCounts {
  private var values: [String: Set<String>] = [:]
  private(set) var seriesOfMetric: [String: Int] = [:]
  private(set) var seriesOfPair: [String: Int] = [:]
  private(set) var bytesOfLabel: [String: Int] = [:]

  var valuesOfLabel: [String: Int] { values.mapValues(\.count) }
  var pairs: Int { values.reduce(0) { $0 + $1.value.count } }

  mutating func add(_ labels: Labels) {
    for label in labels.entries {
      if label.name == Labels.metricNameLabel { seriesOfMetric[label.value, default: 0] += 1 }
      seriesOfPair["\(label.name)=\(label.value)", default: 0] += 1
      if values[label.name, default: []].insert(label.value).inserted {
        bytesOfLabel[label.name, default: 0] += label.value.utf8.count
      }
    }
  }
}

extension JSONWriter {
  /// The largest first; of equal ones the first by name.
  fileprivate mutating func counts(_ all: [String: Int], _ limit: Int) {
    let sorted = all.sorted { $0.value != $1.value ? $0.value > $1.value : byteOrder($0.key, $1.key) }
    list(sorted.prefix(limit)) {
      $0.raw("{\"name\":")
      $0.string($1.key)
      $0.raw(",\"value\":")
      $0.integer(Int64($1.value))
      $0.raw("}")
    }
  }
}
