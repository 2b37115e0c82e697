import Foundation
import JSON
import ONNXModels
import Prediction
import TestSupport
import Testing

@Suite struct `The library of ONNX Runtime` {
    @Test(arguments: APISlot.allCases)
    func `has each function where its header says`(slot: APISlot) throws {
        let slots = try #require(ReferenceValues.read("api_slots")["slots"])
        let name = "\(slot)"
        let member = name.prefix(1).uppercased() + name.dropFirst()
        #expect(slots[member]?.int == slot.rawValue, "\(member)")
    }

    @Test func `is found in the wheel of an environment, the newest Python first`() throws {
        let scratch = TemporaryDirectory()
        for python in ["python3.9", "python3.11"] {
            let capi = scratch.file("lib/\(python)/site-packages/onnxruntime/capi")
            try FileManager.default.createDirectory(atPath: capi, withIntermediateDirectories: true)
            for name in ["libonnxruntime.so.1.20.0", "libonnxruntime_providers_shared.so", "__init__.py"] {
                scratch.write([], to: "lib/\(python)/site-packages/onnxruntime/capi/\(name)")
            }
        }
        let newest = scratch.file("lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.1.20.0")
        let byEnvironment = LibraryPlaces(setting: nil, environment: ["VIRTUAL_ENV": scratch.path])
        #expect(byEnvironment.candidates.first == newest)
        #expect(byEnvironment.candidates.suffix(2) == ["libonnxruntime.so.1", "libonnxruntime.so"])
        #expect(LibraryPlaces(setting: scratch.path).candidates.first == newest)
        #expect(LibraryPlaces(setting: newest).candidates == [newest])
        #expect(LibraryPlaces(setting: (newest as NSString).deletingLastPathComponent).candidates == [newest])
    }

    @Test func `is never looked for in the working directory`() {
        let places = LibraryPlaces(setting: nil, environment: ["VIRTUAL_ENV": "venv", "PATH": "bin:.", "HOME": "~"])
        #expect(places.candidates.allSatisfy { $0.hasPrefix("/") || !$0.contains("/") })
    }

    @Test func `that is not where the setting says is an error that tells how to get it`() throws {
        let folder = try ONNXFolder("fixed_batch")
        let error = try #require(throws: PredictionError.self) {
            _ = try folder.open(ONNXRuntime(library: "/nowhere/libonnxruntime.so"))
        }
        #expect(error.code.name == "runtime_missing" && error.message.contains("/nowhere"))
        #expect(error.remedy.contains("pip install onnxruntime") && error.remedy.contains("onnx.library"))
    }

    @Test func `that is another library is refused`() throws {
        let scratch = TemporaryDirectory()
        scratch.write(Array("no library".utf8), to: "libonnxruntime.so")
        let error = try #require(throws: PredictionError.self) {
            _ = try ONNXFolder("fixed_batch").open(ONNXRuntime(library: scratch.path))
        }
        #expect(error.code.name == "runtime_missing" && error.message.contains(scratch.path))
        let other = try #require(throws: PredictionError.self) {
            _ = try ONNXFolder("fixed_batch").open(ONNXRuntime(library: "/lib/x86_64-linux-gnu/libz.so.1"))
        }
        #expect(other.message.contains("OrtGetApiBase") || other.message.contains("no libonnxruntime.so"))
    }

    @Test(arguments: [
        ("1.32.0", true), ("1.12.0", true), ("1.11.1", false), ("0.9.0", false), ("2.0", true), ("next", false),
    ])
    func `has to be new enough`(version: String, isNewEnough: Bool) {
        #expect(RuntimeLibrary.isNewEnough(version) == isNewEnough)
    }
}
