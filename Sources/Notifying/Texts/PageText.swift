internal import Model
package import Templating

/// Templates in place of the texts that channels write of themselves; nil: ours.
package struct MessageTemplates: Sendable {
  /// One line.
  package var title: Template?
  package var body: Template?

  package init(title: Template? = nil, body: Template? = nil) {
    self.title = title
    self.body = body
  }
}

/// What people read of a page: one line, and everything that helps at night. Plain text; a channel escapes it.
///
/// A template that fails while rendering costs nothing but itself: the default text takes its place, and the error
/// stands in front of the body. Templates are checked when the configuration is loaded; this is for what only the
/// data of a page brings out.
package struct PageText: Sendable {
  static let titleBytes = 1024
  static let bodyBytes = 64 << 10

  /// One line without control characters, at most 1024 bytes, never empty.
  package let title: String
  /// At most 64 KiB. Says so where it was cut.
  package let body: String
  /// Why a template's text was not used where it was not; the page says so too.
  package let problem: String?

  /// - Parameter linksStandApart: the receiver shows the links beside the text, as buttons.
  package init(
    _ page: Page, _ context: ChannelContext, _ templates: MessageTemplates = .init(),
    linksStandApart: Bool = false
  ) {
    let standard = DefaultText(facts: PageFacts(page, context), linksStandApart: linksStandApart)
    var problems: [String] = []
    func render(_ template: Template?) -> String? {
      guard let template else { return nil }
      do throws(TemplateError) {
        return try template.render(MessageData(standard).context)
      } catch {
        problems.append(error.description)
        return nil
      }
    }
    let title = render(templates.title).map(oneLine)
    let body = render(templates.body)
    // A title of nothing names nothing. No template can leave out that it is a drill.
    let facts = standard.facts
    self.title = cut(
      facts.prefix + (title.flatMap { $0.isEmpty ? nil : $0 } ?? standard.title), bytes: Self.titleBytes)
    problem = problems.isEmpty ? nil : problems.joined(separator: "; ")
    let warning =
      problem.map { "[The text of this page could not be made from its template: \($0)]\n\n" } ?? ""
    let drill = facts.drillNote.map { DrillMark.prefix + $0 + "\n\n" } ?? ""
    self.body = cut(drill + warning + (body ?? standard.body), bytes: Self.bodyBytes)
  }
}

/// `text` with at most so many bytes of UTF-8, whole characters only; where something is missing it says so.
func cut(_ text: String, bytes limit: Int) -> String {
  guard text.utf8.count > limit else { return text }
  let mark = " [cut]"
  var end = text.utf8.index(text.startIndex, offsetBy: max(0, limit - mark.utf8.count))
  while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
    end = text.utf8.index(before: end)
  }
  return limit < mark.utf8.count ? "" : text[..<end] + mark
}

/// The same in Unicode scalars, which no one's count of characters is above.
func cut(_ text: String, characters limit: Int) -> String {
  // Most texts are short: bytes are never fewer than scalars.
  guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
  var scalars = String.UnicodeScalarView()
  scalars.append(contentsOf: text.unicodeScalars.prefix(max(0, limit - 1)))
  return String(scalars) + (limit > 0 ? "…" : "")
}

/// `text` with each run of white space and control characters as one space, none at the ends, and without the marks
/// that turn the direction of writing: with them a title can read as another.
func oneLine(_ text: String) -> String {
  var out = String.UnicodeScalarView()
  var isGap = false
  for scalar in text.unicodeScalars where !turnsWriting(scalar) {
    if scalar.value < 0x21 || (0x7f...0xa0).contains(scalar.value) || scalar.value == 0x2028
      || scalar.value == 0x2029
    {
      isGap = true
    } else {
      if isGap, !out.isEmpty { out.append(" ") }
      isGap = false
      out.append(scalar)
    }
  }
  return String(out)
}

/// Whether it is one of Unicode's controls of bidirectional text.
private func turnsWriting(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
  default: false
  }
}
