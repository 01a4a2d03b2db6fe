// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled the same way. `FARWATCH_STRICT` (set by the Makefile for tests and CI)
/// turns warnings into errors; a plain build does not, so that a newer compiler's new warning never
/// stops a user from building.
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
  ] + (Context.environment["FARWATCH_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// A Swift target of the house. The dependency lists below are the only imports allowed;
/// `ArchitectureTests` holds the sources against them.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.init(stringLiteral: name), "FarwatchTesting"] + (name == "Model" ? [] : ["Model"]) + more,
    swiftSettings: settings)
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "farwatch",
  dependencies: [],
  targets: [
    room("Model"),
    room("SampleStore", ["Model"]),
    room("FarwatchTesting", ["Model"]),
    tests(of: "Model"),
    tests(of: "SampleStore"),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
