/// Whether a command prints colour: what `--color` says.
package enum ColourChoice: String, CaseIterable, Sendable {
  case auto, always, never

  /// `auto` is colour on a terminal that has it, unless `NO_COLOR` is set to anything (no-color.org).
  package func isOn(isTerminal: Bool, environment: [String: String]) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: isTerminal && environment["NO_COLOR", default: ""].isEmpty && !Self.isDumb(environment)
    }
  }

  /// Whether the terminal can do no more than take lines.
  package static func isDumb(_ environment: [String: String]) -> Bool {
    let kind = environment["TERM"] ?? ""
    return kind.isEmpty || kind == "dumb"
  }
}

/// What a piece of text means, and with it how it looks.
package enum Tone: Hashable, Sendable {
  case plain, good, bad, uncertain, quiet, heading

  /// Parameters of SGR: the terminal's own eight colours, which its user has made readable.
  fileprivate var parameters: String? {
    switch self {
    case .plain: nil
    case .good: "32"
    case .bad: "1;31"
    case .uncertain: "33"
    case .quiet: "2"
    case .heading: "1"
    }
  }
}

/// A line in pieces that look different. Its text holds no control characters.
package struct StyledLine: Hashable, Sendable {
  package struct Piece: Hashable, Sendable {
    package var text: String
    package var tone: Tone
  }
  package private(set) var pieces: [Piece] = []

  package init(_ text: String = "", _ tone: Tone = .plain) { append(text, tone) }

  package mutating func append(_ text: String, _ tone: Tone = .plain) {
    let text = TerminalText.inLine(text)
    if !text.isEmpty { pieces.append(Piece(text: text, tone: tone)) }
  }

  package var plain: String { pieces.map(\.text).joined() }

  /// As bytes for a terminal, at most `width` columns of it.
  package func text(colour: Bool, width: Int? = nil) -> String {
    var out = ""
    var room = width ?? .max
    for piece in pieces where room > 0 {
      let shown =
        TerminalText.length(piece.text) <= room ? piece.text : TerminalText.cell(piece.text, limit: room)
      room -= min(room, TerminalText.length(shown))
      if colour, let parameters = piece.tone.parameters {
        out += "\u{1b}[\(parameters)m\(shown)\u{1b}[0m"
      } else {
        out += shown
      }
    }
    return out
  }
}
