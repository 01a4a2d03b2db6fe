package import Model
package import Terminal

/// What `farwatch top` shows and how keys change it: no terminal, no clock, no network.
package struct TopScreen: Sendable {
  package struct Size: Hashable, Sendable {
    package var columns: Int
    package var rows: Int
    package init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  package enum Command: Sendable {
    case goOn, quit
    /// Something else may have written over the screen.
    case drawAnew
  }

  /// Where the status comes from, for the eye.
  private let address: String
  private let colour: Bool
  private var status: StatusAnswer?
  private var heardAt: Timestamp?
  /// Why nothing is heard; nil: it is.
  private var trouble: String?
  private var order = StatusOrder.worst
  private var showsHelp = false
  private var offset = 0

  package init(address: String, colour: Bool) {
    self.address = address
    self.colour = colour
  }

  /// An answer came.
  package mutating func hear(_ status: StatusAnswer, at now: Timestamp) {
    self.status = status
    heardAt = now
    trouble = nil
  }

  /// None came. What was known stays, and is said to be old.
  package mutating func miss(_ why: String) { trouble = why }

  package mutating func press(_ key: Key, size: Size) -> Command {
    let page = max(1, bodyRows(size) - 1)
    switch key {
    case .character("q"), .character("Q"): return .quit
    case .character("r"): return .drawAnew
    case .character("?"), .character("h"): showsHelp.toggle()
    case .character("s"):
      order = order.next
      offset = 0
    case .up, .character("k"): offset -= 1
    case .down, .character("j"): offset += 1
    case .pageUp, .character("b"): offset -= page
    case .pageDown, .character(" "): offset += page
    case .home, .character("g"): offset = 0
    case .end, .character("G"): offset = .max / 2
    case .character: break
    }
    offset = max(0, offset)
    return .goOn
  }

  /// The screen, at most as many lines as it has rows and none longer than its columns. What was scrolled beyond the end
  /// is brought back.
  package mutating func frame(_ size: Size, at now: Timestamp) -> [String] {
    let columns = max(1, size.columns)
    let head = header(at: now)
    let all = showsHelp ? Self.help : body(columns, now)
    let room = bodyRows(size)
    offset = max(0, min(offset, all.count - room))
    let shown = all[min(offset, all.count)...].prefix(room)
    var lines = head + shown
    lines += Array(repeating: StyledLine(), count: max(0, size.rows - 1 - lines.count))
    lines = Array(lines.prefix(max(0, size.rows - 1)))
    lines.append(footer(all.count, shown.count))
    return lines.suffix(max(1, size.rows)).map { $0.text(colour: colour, width: columns) }
  }

  private static let headerRows = 3

  private func bodyRows(_ size: Size) -> Int { max(0, size.rows - Self.headerRows - 1) }

  /// Always ``headerRows`` lines, so that nothing jumps when the connection is lost.
  private func header(at now: Timestamp) -> [StyledLine] {
    var first = StyledLine("Farwatch ", .heading)
    first.append(address, .quiet)
    guard let status else {
      return [first, trouble.map(Self.disconnected) ?? StyledLine("Connecting…", .quiet), StyledLine()]
    }
    var second = StatusLines.headline(status)
    if let trouble {
      let since = heardAt.map { AgeText.between($0, now) } ?? ""
      second = StyledLine(
        "NOT CONNECTED for \(since): \(trouble). What follows is what was known then.", .bad)
    }
    return [first, second, StatusLines.origin(status, at: now)]
  }

  private static func disconnected(_ why: String) -> StyledLine {
    StyledLine("NOT CONNECTED: \(why)", .bad)
  }

  private func body(_ columns: Int, _ now: Timestamp) -> [StyledLine] {
    guard let status else { return [] }
    return StatusLines.body(status, at: now, width: columns, order: order)
  }

  private func footer(_ all: Int, _ shown: Int) -> StyledLine {
    let place = all > shown ? "lines \(offset + 1)-\(offset + shown) of \(all)   " : ""
    return StyledLine("\(place)q quit   j/k scroll   s \(order.rawValue)   ? help", .quiet)
  }

  private static let help: [StyledLine] =
    [
      "", "q          quit", "j, down    one line down", "k, up      one line up",
      "space      one page down", "b          one page up", "g, home    to the top",
      "G, end     to the end", "s          order: worst first, by name, as configured",
      "r          draws the whole screen anew", "?          this",
      "",
      "The first lines stay. GOOD: all regions are up, all objectives met, nothing fires. UNKNOWN: something",
      "is not known, which is never shown as good. NOT CONNECTED: Farwatch does not answer; it is asked again.",
    ].map { StyledLine($0) }
}
