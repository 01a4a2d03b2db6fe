internal import Collecting
internal import Model

/// Which changes of checks go into the journal. A check that flaps is written so often and then only now and then: the
/// next entry says how many were left out, and what holds in the end is written in any case.
///
/// Pure: changes and moments go in, entries come out.
struct CheckChronicle {
  struct Name: Hashable {
    var region: String
    var check: String
  }

  /// A confirmed state that differs from the one before.
  struct Change {
    var name: Name
    var zone = ""
    var tier = ""
    var isDown: Bool
    var at: Timestamp
    /// How long the state before held, where it was the other one.
    var lasted: Duration?
    /// Why it is down.
    var problem: String?
  }

  /// Changes of one check that are written without a pause.
  static let burst = 10
  /// Another one may be written so much later.
  static let recovery: Duration = .seconds(300)

  private struct Account {
    /// When the whole burst may be written again, if nothing is until then.
    var fullAt: MonotonicInstant
    var writtenIsDown: Bool
    /// Since the newest entry.
    var leftOut: UInt64 = 0
    /// The newest of those that were left out.
    var newest: Change?
  }

  private var accounts: [Name: Account] = [:]
  /// Changes that were not written when they happened.
  private(set) var leftOut: UInt64 = 0

  /// The entry for `change`, unless there were too many of its check.
  mutating func take(_ change: Change, at now: MonotonicInstant) -> JournalEntry? {
    guard var account = accounts[change.name] else {
      accounts[change.name] = Account(fullAt: now + Self.recovery, writtenIsDown: change.isDown)
      return Self.entry(change, leftOut: 0)
    }
    guard Self.mayWrite(account, now) else {
      account.leftOut += 1
      account.newest = change
      leftOut += 1
      accounts[change.name] = account
      return nil
    }
    return write(change, &account, now)
  }

  /// To be called now and then: entries for states that hold and were left out; forgets checks that are quiet.
  mutating func settle(at now: MonotonicInstant) -> [JournalEntry] {
    var entries: [JournalEntry] = []
    for (name, account) in accounts.sorted(by: { Self.precedes($0.key, $1.key) }) {
      var account = account
      if let newest = account.newest, newest.isDown != account.writtenIsDown, Self.mayWrite(account, now) {
        account.leftOut -= 1
        entries.append(write(newest, &account, now))
      } else if account.leftOut == 0, account.fullAt <= now {
        accounts[name] = nil
      }
    }
    return entries
  }

  /// Forgets the checks that there are no more.
  mutating func keep(only names: Set<Name>) { accounts = accounts.filter { names.contains($0.key) } }

  private mutating func write(
    _ change: Change, _ account: inout Account, _ now: MonotonicInstant
  ) -> JournalEntry {
    let entry = Self.entry(change, leftOut: account.leftOut)
    account = Account(fullAt: max(account.fullAt, now) + Self.recovery, writtenIsDown: change.isDown)
    accounts[change.name] = account
    return entry
  }

  private static func mayWrite(_ account: Account, _ now: MonotonicInstant) -> Bool {
    account.fullAt - now <= recovery * (burst - 1)
  }

  private static func precedes(_ one: Name, _ other: Name) -> Bool {
    (one.region, one.check) < (other.region, other.check)
  }

  private static func entry(_ change: Change, leftOut: UInt64) -> JournalEntry {
    var labels = [Label("check", change.name.check)]
    for (name, value) in [("region", change.name.region), ("zone", change.zone), ("tier", change.tier)]
    where !value.isEmpty {
      labels.append(Label(name, value))
    }
    var detail: [String: String] = [:]
    if let lasted = change.lasted, lasted >= .zero {
      let whole = lasted < .seconds(1) ? lasted : .seconds(lasted.milliseconds / 1000)
      detail[change.isDown ? "up_for" : "down_for"] = DurationText.format(whole)
    }
    if let problem = change.problem { detail["problem"] = problem }
    if leftOut > 0 { detail["left_out"] = String(leftOut) }
    return JournalEntry(
      at: change.at, kind: change.isDown ? .checkDown : .checkUp, labels: Labels(labels), detail: detail)
  }
}
