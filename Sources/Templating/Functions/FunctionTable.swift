internal import Model

/// One call: the arguments, and what it may know of the world.
struct FunctionCall {
  let name: String
  let arguments: [TemplateValue]
  let context: TemplateContext
}

struct TemplateFunction: Sendable {
  typealias Body = @Sendable (FunctionCall) throws(TemplateFailure) -> TemplateValue
  let arity: ClosedRange<Int>
  let body: Body

  init(_ arity: ClosedRange<Int>, _ body: @escaping Body) {
    self.arity = arity
    self.body = body
  }

  init(_ count: Int, _ body: @escaping Body) { self.init(count...count, body) }
}

/// Every function by its name.
enum FunctionTable {
  private static let ofRules: [String: TemplateFunction] = {
    var all: [String: TemplateFunction] = [:]
    let families = [
      LanguageFunctions.table, Comparison.table, NumberFunctions.table, TextFunctions.table,
      SeriesFunctions.table,
    ]
    for family in families {
      all.merge(family) { $1 }
    }
    return all
  }()

  private static let ofMessages = ofRules.merging(MessageFunctions.table) { $1 }

  static func function(_ name: String, _ dialect: TemplateDialect) -> TemplateFunction? {
    switch dialect {
    case .rules: ofRules[name]
    case .messages: ofMessages[name]
    }
  }

  /// `and` and `or` do not evaluate all arguments; the interpreter knows them itself.
  static func isKnown(_ name: String, _ dialect: TemplateDialect) -> Bool {
    name == "and" || name == "or" || function(name, dialect) != nil
  }
}

extension FunctionCall {
  func string(_ place: Int) throws(TemplateFailure) -> String {
    switch arguments[place] {
    case .string(let text): return text
    case .missing: throw TemplateFailure("invalid value; expected string")
    case .null: throw TemplateFailure("cannot assign nil to string")
    case let other:
      throw TemplateFailure("wrong type for value; expected string; got \(other.typeName)")
    }
  }

  func sample(_ place: Int) throws(TemplateFailure) -> TemplateSample {
    if case .sample(let sample) = arguments[place] { return sample }
    throw TemplateFailure(
      "wrong type for value; expected *template.sample; got \(arguments[place].typeName)")
  }

  /// The elements of a query's result.
  func vector(_ place: Int) throws(TemplateFailure) -> [TemplateSample] {
    guard case .list(let list) = arguments[place] else {
      throw TemplateFailure(
        "wrong type for value; expected template.queryResult; got \(arguments[place].typeName)")
    }
    var out: [TemplateSample] = []
    for element in list {
      guard case .sample(let sample) = element else {
        throw TemplateFailure("wrong type for value; expected template.queryResult")
      }
      out.append(sample)
    }
    return out
  }

  /// A number, also from its text: what Prometheus' number functions take.
  func number(_ place: Int) throws(TemplateFailure) -> Double {
    switch arguments[place] {
    case .float(let value): return value
    case .int(let value): return Double(value)
    case .duration(let duration): return duration.inSeconds
    case .string(let text):
      guard let value = GoNumber.parse(text) else {
        throw TemplateFailure("strconv.ParseFloat: parsing \(GoQuoting.quoted(text)): invalid syntax")
      }
      return value
    case let other: throw TemplateFailure("can't convert \(other.typeName) to float")
    }
  }
}
