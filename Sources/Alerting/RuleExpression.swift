internal import Model
package import PromQL
internal import Templating

// All that this target knows of the expression language and the template language.

/// Why an expression cannot be used, and where in its text (Unicode scalars from 0).
package struct ExpressionProblem: Error {
  package let message: String
  package let offset: Int

  init(_ message: String, atByte byte: Int, in text: String) {
    self.message = message
    offset = String(decoding: text.utf8.prefix(byte), as: UTF8.self).unicodeScalars.count
  }
}

/// Parses `text` and makes sure that it can be evaluated.
package func parseRuleExpression(_ text: String) throws(ExpressionProblem) -> Expression {
  let expression: Expression
  do {
    expression = try parseExpression(text)
  } catch {
    throw ExpressionProblem(
      "cannot parse the expression: \(error.message)", atByte: error.position.offset, in: text)
  }
  do {
    _ = try Plan(expression)
  } catch {
    throw ExpressionProblem(
      "cannot evaluate the expression: \(error.message)", atByte: error.range.start, in: text)
  }
  return expression
}

/// What the function `query` of templates asks: an expression at the moment of the rule's evaluation.
func templateQuery(
  _ reader: any SeriesReader, at time: Timestamp, limits: EvaluationOptions
) -> TemplateContext.Query {
  { text throws(TemplateFailure) in
    let value: Value
    do {
      value = try Plan(parseRuleExpression(text)).evaluate(at: time, in: reader, limits: limits)
    } catch let error as ExpressionProblem {
      throw TemplateFailure(error.message)
    } catch let error as EvaluationError {
      throw TemplateFailure(error.message)
    } catch {
      throw TemplateFailure("\(error)")
    }
    switch value {
    case .scalar(let number): return [TemplateSample(labels: .empty, value: number)]
    case .vector(let vector): return vector.map { TemplateSample(labels: $0.labels, value: $0.value) }
    case .string(let text): return [TemplateSample(labels: .empty, value: .nan, text: text)]
    case .matrix: throw TemplateFailure("query result is not a vector or scalar")
    }
  }
}

/// One element of an expression's result.
struct ResultElement {
  /// `__name__` among them when the expression kept it.
  var labels: Labels
  var value: Double
  /// Where there is one, the value means nothing.
  var histogram: FloatHistogram?
}

/// Why an evaluation gave no result.
struct EvaluationFailure: Error {
  var message: String
}

extension Plan {
  /// The result as a vector: a scalar is one element without labels.
  func elements(
    at time: Timestamp, in reader: any SeriesReader, limits: EvaluationOptions
  ) throws(EvaluationFailure) -> [ResultElement] {
    let value: Value
    do {
      value = try evaluate(at: time, in: reader, limits: limits)
    } catch {
      throw EvaluationFailure(message: error.message)
    }
    switch value {
    case .scalar(let number): return [ResultElement(labels: .empty, value: number)]
    case .vector(let vector):
      return vector.map {
        ResultElement(labels: $0.labels, value: $0.value, histogram: $0.histogram)
      }
    case .string, .matrix: throw EvaluationFailure(message: "rule result is not a vector or scalar")
    }
  }
}
