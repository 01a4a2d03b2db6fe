internal import Model

/// One way of writing the page: what was written last, brought up to date family by family.
///
/// When values of some families changed, the work is that of writing those: beside them, one pointer of each other family
/// is copied. When a family came or went, the list is made anew, of the texts that are still true.
struct PageRendering {
  /// A family that the reader told.
  private struct Entry {
    var family: MetricFamily
    var version: UInt64
    /// nil: refused.
    var text: RenderedFamily?
    /// Of its segment; nil without a series.
    var place: Int?
  }

  let variant: PageVariant
  /// Of the page that was made last; what counts all pages is left 0.
  private(set) var totals = PageRendererStatistics()
  /// nil: nothing was read yet.
  private var version: UInt64?
  /// In order of name, refused ones too.
  private var entries: [Entry] = []
  /// By name; of several families of one name the one that is written.
  private var numbers: [String: Int] = [:]
  private var segments: [PageSegment] = []
  private var families: [MetricFamily] = []
  /// Content types may differ where bytes do not.
  private var pages: [ExpositionFormat: MetricsPage] = [:]

  init(_ variant: PageVariant) { self.variant = variant }

  /// How many families were written.
  mutating func update(from reader: some FamilyReader) -> Int {
    let changes = reader.familyChanges(since: version)
    version = changes.version
    if changes.isWhole { return renew(changes.families, from: reader) }
    var isListed = true
    var hasRefused = false
    var rendered = 0
    for (family, version) in changes.families {
      // Whoever is not known by that name, or is another, was refused for it.
      guard let number = numbers[family.name], let previous = entries[number].text,
        previous.version != version, entries[number].family == family
      else { continue }
      let text = RenderedFamily(previous.written, from: reader, after: previous)
      rendered += 1
      entries[number].version = version
      entries[number].text = text
      totals.series += text.seriesCount - previous.seriesCount
      totals.seriesRefused += text.refused - previous.refused
      hasRefused = hasRefused || text.refused > 0 || previous.refused > 0
      if let place = entries[number].place, text.seriesCount > 0 {
        segments[place] = text.segment
      } else if text.seriesCount > 0 || entries[number].place != nil {
        isListed = false
      }
    }
    if rendered > 0 { pages = [:] }
    if !isListed || hasRefused { list() }
    return rendered
  }

  /// The page as it was updated last.
  mutating func page(_ format: ExpositionFormat, closing: PageSegment?) -> MetricsPage {
    if let known = pages[format] { return known }
    let page = MetricsPage(
      segments: segments, families: families, closing: closing, contentType: format.contentType)
    pages[format] = page
    return page
  }

  private mutating func renew(
    _ versions: [(family: MetricFamily, version: UInt64)], from reader: some FamilyReader
  ) -> Int {
    var versions = versions
    if !Self.isOrdered(versions) { versions.sort { byteOrder($0.family.name, $1.family.name) } }
    let isUnchanged =
      versions.count == entries.count
      && zip(versions, entries).allSatisfy { $0.version == $1.version && $0.family == $1.family }
    if isUnchanged { return 0 }
    let known = numbers.mapValues { entries[$0].text }
    entries = []
    entries.reserveCapacity(versions.count)
    numbers = [:]
    var names: Set<String> = []
    var rendered = 0
    for (family, version) in versions {
      entries.append(Entry(family: family, version: version))
      // A name that stands there already may be another's, escaped.
      let previous = known[family.name] ?? nil
      guard numbers[family.name] == nil,
        let written = previous?.writes(family) ?? WrittenFamily(family, variant),
        names.insert(written.name).inserted
      else { continue }
      let isCurrent = previous?.version == version
      let text = isCurrent ? previous : RenderedFamily(written, from: reader, after: previous)
      if !isCurrent { rendered += 1 }
      numbers[family.name] = entries.count - 1
      entries[entries.count - 1].text = text
    }
    pages = [:]
    list()
    return rendered
  }

  /// Puts the list of segments together, and counts what is on it.
  private mutating func list() {
    totals = PageRendererStatistics()
    segments = []
    families = []
    for number in entries.indices {
      entries[number].place = nil
      guard let text = entries[number].text else {
        totals.familiesRefused += 1
        totals.note(entries[number].family.name)
        continue
      }
      totals.series += text.seriesCount
      totals.seriesRefused += text.refused
      if text.refused > 0 { totals.note(entries[number].family.name) }
      if text.seriesCount > 0 {
        totals.families += 1
        entries[number].place = segments.count
        segments.append(text.segment)
        families.append(entries[number].family)
      }
    }
  }

  private static func isOrdered(_ versions: [(family: MetricFamily, version: UInt64)]) -> Bool {
    zip(versions, versions.dropFirst()).allSatisfy { byteOrder($0.family.name, $1.family.name) }
  }
}

extension PageRendererStatistics {
  fileprivate mutating func note(_ name: String) {
    if refusedIn.count < 16, refusedIn.last != name { refusedIn.append(name) }
  }
}
