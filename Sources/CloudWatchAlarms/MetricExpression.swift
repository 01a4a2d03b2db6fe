internal import Model
internal import PromQL

/// All that this room knows of reading expressions.
enum MetricExpression {
  /// Why an expression cannot be used; `offset` in Unicode scalars from 0.
  struct Fault: Error {
    var message: String
    var offset: Int

    init(_ message: String, atByte byte: Int, in text: String) {
      self.message = message
      offset = String(decoding: text.utf8.prefix(byte), as: UTF8.self).unicodeScalars.count
    }
  }

  /// An expression that gives numbers and can be evaluated.
  static func parse(_ text: String) throws(Fault) -> Expression {
    let expression: Expression
    do {
      expression = try parseExpression(text)
    } catch {
      throw Fault("cannot parse the expression: \(error.message)", atByte: error.position.offset, in: text)
    }
    guard expression.type == .instantVector || expression.type == .scalar else {
      throw Fault("an alarm needs numbers, not a \(expression.type.rawValue)", atByte: 0, in: text)
    }
    do {
      _ = try Plan(expression)
    } catch {
      throw Fault("cannot evaluate the expression: \(error.message)", atByte: error.range.start, in: text)
    }
    return expression
  }

  static func fault(in text: String) -> Fault? {
    do {
      _ = try parse(text)
      return nil
    } catch { return error }
  }
}

extension Expression {
  /// The conditions of a bare selector, whose samples can be read as they are.
  var plainSelector: [LabelMatcher]? {
    guard case .selector(let selector) = withoutParentheses.kind, selector.shift.anchor == nil,
      (selector.shift.offsetMilliseconds ?? 0) == 0
    else { return nil }
    return selector.matchers
  }
}

extension Statistic {
  /// nil when `text` names a statistic that can be computed.
  static func complaint(_ text: String) -> String? {
    if named[text] != nil || Statistic(extended: text) != nil { return nil }
    return "unknown statistic \"\(text)\": Average, Sum, Minimum, Maximum, SampleCount, p99 or tm90"
  }
}
