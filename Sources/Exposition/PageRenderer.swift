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

/// Renders the metrics page in the Prometheus text format (0.0.4), writing only what changed.
///
/// Families stand in order of their names' bytes, each with HELP and TYPE; there are no timestamps. What cannot be
/// written validly is left off and counted. The page is as long as the reader's series make it: their number is the
/// store's to limit.
package final class PageRenderer: Sendable {
  private struct State {
    var families: [String: RenderedFamily] = [:]
    var page = MetricsPage(segments: [], contentType: TextFormat.contentType)
    var statistics = PageRendererStatistics()
  }

  private let reader: any FamilyReader
  private let state = Mutex(State())

  package init(_ reader: any FamilyReader) { self.reader = reader }

  /// The page as of now. Of several calls at once one renders and the others wait for it, a few milliseconds at most.
  package func render() -> MetricsPage {
    state.withLock { state in
      state.statistics.pages += 1
      var versions = reader.familyVersions()
      if !Self.isOrdered(versions) { versions.sort { byteOrder($0.family.name, $1.family.name) } }
      let changed = versions.contains { state.families[$0.family.name]?.version != $0.version }
      if changed || versions.count != state.families.count { update(&state, versions) }
      return state.page
    }
  }

  package var statistics: PageRendererStatistics { state.withLock { $0.statistics } }

  private func update(_ state: inout State, _ versions: [(family: MetricFamily, version: UInt64)]) {
    var families: [String: RenderedFamily] = [:]
    families.reserveCapacity(versions.count)
    var segments: [PageSegment] = []
    var now = PageRendererStatistics()
    now.pages = state.statistics.pages
    now.familiesRendered = state.statistics.familiesRendered
    for (family, version) in versions {
      guard TextFormat.isMetricName(family.name), families[family.name] == nil else {
        now.familiesRefused += 1
        now.note(family.name)
        continue
      }
      let previous = state.families[family.name]
      let rendered: RenderedFamily
      if let previous, previous.version == version {
        rendered = previous
      } else {
        rendered = RenderedFamily(family, from: reader, after: previous)
        now.familiesRendered += 1
      }
      families[family.name] = rendered
      now.series += rendered.seriesCount
      now.seriesRefused += rendered.refused
      if rendered.refused > 0 { now.note(family.name) }
      if rendered.seriesCount > 0 {
        now.families += 1
        segments.append(rendered.segment)
      }
    }
    state.families = families
    state.page = MetricsPage(segments: segments, contentType: TextFormat.contentType)
    state.statistics = now
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
