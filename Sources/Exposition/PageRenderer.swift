package import Model
internal import Synchronization

/// What the renderer has done, and what it left off the page that it made last.
package struct PageRendererStatistics: Hashable, Sendable {
  /// Pages asked for.
  package var pages: UInt64 = 0
  /// Family texts written; every other family of those pages was taken as it stood.
  package var familiesRendered: UInt64 = 0
  /// Families and series on the last page.
  package var families = 0
  package var series = 0
  /// Families left off the last page: not a metric name, or a name that stands there already.
  package var familiesRefused = 0
  /// Series left off the last page: a bad label name, or a metric name that its family's type does not allow.
  package var seriesRefused = 0
  /// Names of families with something left off, at most 16, for a log line.
  package var refusedIn: [String] = []

  package init() {}
}

/// Renders the metrics page in the formats of Prometheus, writing only what changed.
///
/// Families stand in order of their names' bytes, each with HELP and TYPE; there are no timestamps. What cannot be
/// written validly is left off and counted. The page is as long as the reader's series make it: their number is the
/// store's to limit. What was rendered last is kept for the ``keptVariants`` ways of writing that were last asked for.
package final class PageRenderer: Sendable {
  /// One way of writing the page.
  private struct Rendering {
    /// What the reader had, families that were refused among it.
    var versions: [(family: MetricFamily, version: UInt64)] = []
    var families: [String: RenderedFamily] = [:]
    var pages: [String: MetricsPage] = [:]
    var segments: [PageSegment] = []
    var kinds: [MetricFamily] = []
    var lastUse: UInt64 = 0
  }

  private struct State {
    var renderings: [PageVariant: Rendering] = [:]
    var statistics = PageRendererStatistics()
  }

  /// Those of one Prometheus, of one that is being brought up to date, of a browser and of somebody's script.
  package static let keptVariants = 4

  private let reader: any FamilyReader
  private let state = Mutex(State())
  /// The line that ends a page of OpenMetrics.
  private let endMark: PageSegment

  package init(_ reader: any FamilyReader) {
    self.reader = reader
    var writer = ByteWriter(capacity: 6)
    writer.append("# EOF\n")
    endMark = writer.finish()
  }

  /// The page as of now. Of several calls at once one renders and the others wait for it, a few milliseconds at most.
  package func render(_ format: ExpositionFormat = .plain) -> MetricsPage {
    let variant = PageVariant(syntax: format.syntax, escaping: format.escaping)
    return state.withLock { state in
      state.statistics.pages += 1
      var rendering = state.renderings.removeValue(forKey: variant) ?? Rendering()
      rendering.lastUse = state.statistics.pages
      if state.renderings.count >= Self.keptVariants,
        let oldest = state.renderings.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.renderings[oldest.key] = nil
      }
      var versions = reader.familyVersions()
      if !Self.isOrdered(versions) { versions.sort { byteOrder($0.family.name, $1.family.name) } }
      let isUnchanged =
        versions.count == rendering.versions.count
        && zip(versions, rendering.versions).allSatisfy { $0.version == $1.version && $0.family == $1.family }
      if !isUnchanged || rendering.versions.isEmpty {
        update(&rendering, variant, &state.statistics, versions)
      }
      // Content types may differ where bytes do not.
      let page =
        rendering.pages[format.contentType]
        ?? MetricsPage(
          segments: rendering.segments, families: rendering.kinds,
          closing: variant.syntax == .openMetrics ? endMark : nil, contentType: format.contentType)
      rendering.pages[format.contentType] = page
      state.renderings[variant] = rendering
      return page
    }
  }

  package var statistics: PageRendererStatistics { state.withLock { $0.statistics } }

  private func update(
    _ rendering: inout Rendering, _ variant: PageVariant, _ statistics: inout PageRendererStatistics,
    _ versions: [(family: MetricFamily, version: UInt64)]
  ) {
    var families: [String: RenderedFamily] = [:]
    families.reserveCapacity(versions.count)
    var names: Set<String> = []
    rendering.versions = versions
    rendering.pages = [:]
    rendering.segments = []
    rendering.kinds = []
    var now = PageRendererStatistics()
    now.pages = statistics.pages
    now.familiesRendered = statistics.familiesRendered
    for (family, version) in versions {
      // A name that stands there already may be another's, escaped.
      let previous = rendering.families[family.name]
      guard families[family.name] == nil,
        let written = previous?.writes(family) ?? WrittenFamily(family, variant),
        names.insert(written.name).inserted
      else {
        now.familiesRefused += 1
        now.note(family.name)
        continue
      }
      let rendered: RenderedFamily
      if let previous, previous.version == version {
        rendered = previous
      } else {
        rendered = RenderedFamily(written, from: reader, after: previous)
        now.familiesRendered += 1
      }
      families[family.name] = rendered
      now.series += rendered.seriesCount
      now.seriesRefused += rendered.refused
      if rendered.refused > 0 { now.note(family.name) }
      if rendered.seriesCount > 0 {
        now.families += 1
        rendering.segments.append(rendered.segment)
        rendering.kinds.append(family)
      }
    }
    rendering.families = families
    statistics = now
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
