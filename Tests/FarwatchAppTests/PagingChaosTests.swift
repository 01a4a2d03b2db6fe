import Configuration
import FarwatchTesting
import Model
import Paging
import Testing

@testable import FarwatchApp
@testable import Notifying

/// Days on which the process dies at any point, many hundred times, while its receivers fail in every way that
/// receivers fail.
///
/// The oracle knows the world and what receivers were told, nothing of the core: whoever is to hear of an alert knows
/// how it stands once the world is calm; nobody is told an end that did not happen; a message is repeated only under
/// its own name, and only for a death or an answer that was lost.
@Suite struct PagingChaosTests {
  @Test(arguments: 0..<6) func nothingIsLostRepeatedOrInvented(_: Int) throws {
    let seed = UInt64.random(in: 1 ... .max)
    print("PagingChaosTests seed \(seed)")
    let day = ChaosDay(seed: seed)
    while day.deaths < 90 { try day.pass() }
    try day.end()
    #expect(day.problems.isEmpty, "seed \(seed): \(day.problems.prefix(5).joined(separator: "\n"))")
    #expect(day.ledger.taken > 25, "seed \(seed): too little happened to prove anything")
  }
}
