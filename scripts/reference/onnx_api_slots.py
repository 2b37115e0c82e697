"""Where each function stands in the table of ONNX Runtime's C interface, for ONNXModels.

    onnx_api_slots.py onnxruntime_c_api.h

The header is include/onnxruntime/core/session/onnxruntime_c_api.h of a release of github.com/microsoft/onnxruntime. The
table is struct OrtApi; its members are declared by ORT_API2_STATUS, ORT_CLASS_RELEASE or as plain function pointers.
"""
import pathlib
import re
import sys

from reference import write

text = pathlib.Path(sys.argv[1]).read_text()
text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
text = re.sub(r"//[^\n]*", "", text)
version = int(re.search(r"#define ORT_API_VERSION (\d+)", text).group(1))
body = text[text.index("struct OrtApi {"):]
body = body[: body.index("\n};")]
members = re.findall(r"ORT_API2_STATUS\(\s*(\w+)|ORT_CLASS_RELEASE\((\w+)\)|ORT_API_CALL\s*\*\s*(\w+)\)", body)
names = [plain or (kind and f"Release{kind}") or pointer for plain, kind, pointer in members]
# Version 12 of the interface, which is asked for, ends with ReleaseKernelInfo: nothing behind it may be used.
names = names[: names.index("ReleaseKernelInfo") + 1]
write("ONNXModelsTests", "api_slots", [], {"api_version": version, "slots": {name: i for i, name in enumerate(names)}})
