internal import Collecting
internal import ConfigurationTypes
internal import DNSClient
internal import Model
internal import Probing
internal import RegularExpressions
internal import StrictYAML

/// `steering:` of a collector: which name is asked of whom, and what its answers mean.
enum SteeringSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    settings(m, basics, scope)
  }

  static func settings(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> SteeringSettings {
    let problemsBefore = m.problems.count
    let type = m.optional("type", DNSTypes.recordType(among: ["A", "AAAA", "CNAME"])) ?? .a
    var steering = SteeringSettings(
      basics: basics, question: DNSQuestion(name: m.required("query", DNSTypes.name), type: type),
      servers: [],
      map: RegionMapSection.read(m, scope, ranges: true))
    DNSTypes.readPanel(m, &steering.panel)
    steering.minimumShare = m.optional("min_share", .double(0...0.99)) ?? steering.minimumShare
    steering.quorum = m.optional("quorum", .int(1...DNSPanelQuestion.serverLimit))
    do throws(InvalidSettings) {
      try steering.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem(error.problem, at: error.field) }
    }
    return steering
  }
}

/// `marker:` of a collector: all that an `http` check says, and where its answers name a region.
enum MarkerSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    settings(m, basics, scope)
  }

  static func settings(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> MarkerSettings {
    let problemsBefore = m.problems.count
    var check = CheckBasics(name: basics.name)
    check.interval = basics.interval
    check.timeout = basics.timeout
    var marker = MarkerSettings(
      basics: basics, url: "http://placeholder/", source: source(m),
      map: RegionMapSection.read(m, scope, ranges: false))
    if let http = HTTPSection.read(m, check, scope) as? HTTPCheckSettings { marker.http = http }
    for key in ["every_address", "keep_alive"] where m.has(key) {
      m.problem("a marker is asked for over new connections, to all addresses in turn", at: key)
    }
    marker.requests = m.optional("requests", .int(1...MarkerSettings.requestLimit)) ?? marker.requests
    marker.minimumShare = m.optional("min_share", .double(0...0.99)) ?? marker.minimumShare
    do throws(InvalidSettings) {
      try marker.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem(error.problem, at: error.field) }
    }
    return marker
  }

  /// `from_header`, `from_json` or `from_body`, one of which is needed.
  private static func source(_ m: MappingReader) -> MarkerSettings.Source {
    m.atMostOne(of: "from_header", "from_json", "from_body")
    let header = m.optional("from_header", .nonEmptyString)
    let json = m.optional("from_json", .nonEmptyString)
    let body = m.optional("from_body", DNSTypes.pattern)
    if !["from_header", "from_json", "from_body"].contains(where: { m.node($0) != nil }) {
      m.problem("missing key `from_header` (or `from_json`, `from_body`)")
    }
    return json.map { .json($0) } ?? body.map { .body($0) } ?? .header(header ?? "")
  }
}

/// `serving:` of a collector: both ways of looking, and when they are believed.
enum ServingSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let steering = m.required("steering", .mapping { SteeringSection.settings($0, basics, scope) })
    let marker = m.required("marker", .mapping { MarkerSection.settings($0, basics, scope) })
    var serving = ServingSettings(basics: basics, steering: steering, marker: marker)
    serving.confirm = m.optional("confirm", .int(1...100)) ?? serving.confirm
    serving.window = m.optional("window", .int(1...100)) ?? serving.window
    return serving
  }
}

/// `regions:` of what tells regions apart: a region and what stands for it.
enum RegionMapSection {
  /// - Parameter ranges: whether what can be read as an address or a range is one; otherwise all are patterns.
  static func read(_ m: MappingReader, _ scope: Scope, ranges: Bool) -> RegionMap {
    let pattern = YAMLType<RegionMap.Pattern>.converted(from: .nonEmptyString, placeholder: .text("")) {
      text in
      if ranges, let range = AddressRange(text) { return .range(range) }
      if ranges, let complaint = complaint(text) { throw complaint }
      return .text(text.hasSuffix(".") && ranges ? String(text.dropLast()) : text)
    }
    let entries = YAMLType<[RegionMap.Entry]>.mapping { m in
      m.allowUnknownKeys()
      return m.allEntries.map { entry in
        if let said = regionComplaint(entry.key, scope) { m.problems.add(said, at: entry.keyPosition) }
        let patterns = m.required(entry.key, .oneOrMore(pattern))
        if patterns.isEmpty, m.node(entry.key)?.content.isEmptyList == true {
          m.problem("needs at least one pattern", at: entry.key)
        }
        return RegionMap.Entry(region: entry.key, patterns: patterns)
      }
    }
    return RegionMap(m.required("regions", entries))
  }

  private static func regionComplaint(_ name: String, _ scope: Scope) -> String? {
    if scope.regions.contains(name) { return nil }
    return "unknown region \"\(name)\"; `regions` declares \(scope.regions.joined(separator: ", "))"
  }

  private struct Complaint: Error, CustomStringConvertible {
    let description: String
  }

  /// A range that is misspelt would else be a name that never comes.
  private static func complaint(_ text: String) -> Complaint? {
    guard text.contains("/") || text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }) else {
      return nil
    }
    return Complaint(description: "\(quoted(text)) is no address, range or name")
  }
}
