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
  private struct State {
    var renderings: [PageRendering] = []
    /// The totals of a page are those of the last one.
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
      // Taken out, so that what it holds has one owner and is changed where it lies.
      var rendering =
        state.renderings.firstIndex { $0.variant == variant }.map { state.renderings.remove(at: $0) }
        ?? PageRendering(variant)
      if state.renderings.count >= Self.keptVariants { state.renderings.removeFirst() }
      let rendered = rendering.update(from: reader)
      let page = rendering.page(format, closing: variant.syntax == .openMetrics ? endMark : nil)
      var now = rendering.totals
      now.pages = state.statistics.pages + 1
      now.familiesRendered = state.statistics.familiesRendered + UInt64(rendered)
      state.statistics = now
      // The one that was asked for last stands last.
      state.renderings.append(rendering)
      return page
    }
  }

  package var statistics: PageRendererStatistics { state.withLock { $0.statistics } }
}
