import Model
import PromQL
import Testing

/// Operators that group from the left, more of them than a call stack could hold.
@Suite struct LongChainTests {
  private func chain(_ count: Int, _ op: String = "+", _ operand: (Int) -> String) -> String {
    (0..<count).map(operand).joined(separator: " \(op) ")
  }

  private func store() -> GrowingStore {
    let store = GrowingStore()
    for k in 0..<50 {
      let id = store.add(["__name__": "a", "k": "\(k)"])
      store.append(Double(k + 1), at: 1000, to: id)
    }
    return store
  }

  private func value(_ text: String, _ store: GrowingStore) throws -> Value {
    try Plan(parseExpression(text)).evaluate(at: Timestamp(milliseconds: 1000), in: store).value
  }

  /// Runs on the small stack that tests, and Swift's own threads, have.
  @Test func aChainIsParsedPrintedCompiledAndEvaluatedWhateverItsLength() throws {
    let store = store()
    let text = chain(10_000) { _ in "1" }
    let expression = try parseExpression(text)
    #expect(expression.description == text && expression.reach == .zero)
    #expect(expression.fixed(at: Timestamp(milliseconds: 5))?.description == text)
    guard case .scalar(10_000) = try value(text, store) else {
      Issue.record("wrong value")
      return
    }
    guard case .vector(let sum) = try value(chain(5000) { _ in "a{k=\"1\"}" }, store) else {
      Issue.record("no vector")
      return
    }
    #expect(sum.map(\.value) == [10_000])
    guard case .vector(let union) = try value(chain(5000, "or") { "a{k=\"\($0 % 50)\"}" }, store) else {
      Issue.record("no vector")
      return
    }
    #expect(union.map(\.value) == (1...50).map(Double.init))
  }

  @Test func aChainCountsAsOneLevel() throws {
    let inner = chain(300) { "a\($0)" }
    _ = try parseExpression(String(repeating: "(", count: 200) + inner + String(repeating: ")", count: 200))
    _ = try parseExpression((0..<100).reduce(inner) { text, _ in "(\(text)) + 1 + 2 + 3 + 4" })
    #expect(throws: ParseError.self) {
      try parseExpression((0..<300).reduce("1") { text, _ in "(\(text)) + 1" })
    }
    #expect(throws: ParseError.self) { try parseExpression(chain(300, "^") { _ in "1" }) }
  }

  /// What another plan shares, and what belongs to the chain alone, must all follow a new sample.
  @Test(arguments: [1, 2, 3, 8, 9, 10, 11, 40])
  func everyOperandOfASharedChainIsReadAgain(length: Int) throws {
    let store = GrowingStore()
    let ids = (0..<length).map { store.add(["__name__": "m", "k": "\($0)"]) }
    for id in ids { store.append(1, at: 1000, to: id) }
    let library = PlanLibrary()
    let operand = { (k: Int) in "sum(m{k=\"\(k)\"})" }
    let plans = try (1...length).reversed().map { count in
      (count: count, plan: try library.plan(for: parseExpression(chain(count, operand))))
    }
    func check(_ expected: (Int) -> Double) throws {
      for (count, plan) in plans {
        let result = try plan.evaluate(at: Timestamp(milliseconds: 5000), in: store).value
        guard case .vector(let elements) = result else {
          Issue.record("no vector")
          return
        }
        #expect(elements.map(\.value) == [expected(count)], "\(count) of \(length)")
      }
    }
    try check { Double($0) }
    for (place, id) in ids.enumerated() {
      store.append(2, at: 2000, to: id)
      library.sampleCame(to: id)
      try check { Double($0 + min($0, place + 1)) }
    }
  }

  private func chain(_ count: Int, _ operand: (Int) -> String) -> String { chain(count, "+", operand) }

  @Test func faultsAreToldInTheOrderOfTheText() {
    #expect(throws: ParseError.self) { try parseExpression("1 and a + a[5m]") }
    do {
      _ = try parseExpression("1 and a + a[5m]")
    } catch {
      #expect("\(error)".contains("binary expression must contain only scalar and instant vector types"))
    }
  }
}
