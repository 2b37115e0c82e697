"""Renders, lints and checks charts/vedette offline: templates, value schema, and every object against Kubernetes'.

Usage: .venv-test/bin/python scripts/charts-test.py
Also asserts what the chart promises: the tap is a native sidecar, nothing runs as root, every setting that a template
gives is one that its executable knows (asked of the built executables' --help where they are there).
"""

import pathlib
import subprocess
import sys

import helm_python
import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "vedette"
KUBERNETES = ["1.29", "1.33", "1.37"]
passed = 0


def check(condition, message):
    global passed
    if not condition:
        sys.exit(f"charts: {message}")
    passed += 1


def render(values):
    with helm_python.Chart.load(CHART) as chart:
        manifests = chart.render(values=values, name="watch", namespace="models")
    texts = [text for name, text in manifests.items() if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def known_settings(executable):
    """The environment names of the settings in `EXECUTABLE --help`, or None where it is not built."""
    binary = ROOT / ".build" / "release" / executable
    if not binary.exists():
        return None
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    flags = [line.split()[0] for line in text.splitlines() if line.strip().startswith("--")]
    return {"VEDETTE_" + flag[2:].replace("-", "_").upper() for flag in flags}


def containers(document):
    pod = document["spec"]["template"]["spec"]
    return pod.get("initContainers", []) + pod["containers"]


LOGGERS = {"services": {"request-logger": {
    "replicas": 2, "secretName": "record",
    "settings": {
        "store.url": "postgresql://vedette@db/record", "store.password.file": "/var/run/vedette-secrets/password",
        "auth.session.key.file": "/var/run/vedette-secrets/session.key",
    },
}}}
VARIANTS = {
    "defaults": {},
    "an existing secret, a volume of monitors": {
        "auth": {"secretName": "mesh-token"},
        "monitors": {"volume": {"persistentVolumeClaim": {"claimName": "monitors"}}},
        "storageClassName": "fast",
    },
    "redaction and annotations": {
        "model": {
            "annotations": {"team/owner": "vision"},
            "tap": {"redaction": {"secretName": "redaction"}, "annotations": ["team/*"]},
        },
    },
    "only the tap and the logger": {
        "services": {name: {"enabled": False} for name in ["drift-detector", "outlier-detector", "adversarial-detector", "explainer"]},
    },
    "a model with gRPC": {"model": {"grpcPort": 8081}},
    "three drift detectors": {"services": {"drift-detector": {"replicas": 3}}},
    "two loggers on one PostgreSQL": LOGGERS,
    "TLS": {"tls": {"secretName": "mesh-tls"}, "services": {"drift-detector": {"replicas": 3}}, "serviceMonitor": {"enabled": True}},
    "a tap that asks its clients for certificates": {
        "model": {"tap": {"settings": {"http.tls.certificate.file": "/c", "http.tls.key.file": "/k", "http.tls.client.ca.file": "/a"}}},
    },
    "no model": {"model": {"enabled": False}},
    "settings": {"services": {"drift-detector": {"settings": {"log.level": "debug"}}}, "model": {"settings": {"models.loading": "lazy"}, "tap": {"settings": {"log.level": "debug"}}}},
}

for name, values in VARIANTS.items():
    documents = render(values)
    check(documents, f"{name}: nothing was rendered")
    for document in documents:
        if document["apiVersion"].startswith("monitoring.coreos.com"):
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except Exception as error:
                sys.exit(f"charts: {name}: {document['kind']} {document['metadata']['name']} is not valid for {version}: {error}")
            passed += 1
        if document["kind"] not in ("Deployment", "StatefulSet"):
            continue
        for container in containers(document):
            if container["name"] == "model":
                continue
            check(not container["securityContext"]["allowPrivilegeEscalation"], f"{name}: {container['name']} may gain privileges")
            settings = known_settings(container["name"])
            if settings is not None:
                for variable in (v for v in container["env"] if v["name"] != "POD_NAME"):
                    check(variable["name"] in settings, f"{name}: {container['name']} does not know {variable['name']}")

served = render({"model": {"settings": {"models.loading": "lazy"}}})
model = next(d for d in served if d["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]
(variable,) = model["env"]
check(variable == {"name": "VEDETTE_MODELS_LOADING", "value": "lazy"}, f"the model's settings are {model['env']}")
check(variable["name"] in (known_settings("model-server") or {variable["name"]}), "model-server does not know its setting")

spoken = render({"model": {"grpcPort": 8081}})
tap = next(d for d in spoken if d["kind"] == "Deployment")["spec"]["template"]["spec"]["initContainers"][0]
places = [v["value"] for v in tap["env"] if v["name"] == "VEDETTE_UPSTREAM_HTTP2_URL"]
check(places == ["http://127.0.0.1:8081"], f"the tap's place for gRPC is {places}")
ports = next(d for d in spoken if d["kind"] == "Service" and d["metadata"]["name"].endswith("-model"))["spec"]["ports"]
check({"name": "grpc", "port": 8081, "targetPort": "tap"} in ports, f"the model's Service has {ports}")

# TLS: probes, sinks, peers and the explainer's address speak it, and nothing does without.
secured = render(VARIANTS["TLS"])
for document in secured + render({}):
    if document["kind"] not in ("Deployment", "StatefulSet"):
        continue
    is_secured = document in secured
    for container in containers(document):
        if container["name"] == "model":
            continue
        settings = {v["name"]: v.get("value", "") for v in container["env"]}
        speaks = "VEDETTE_HTTP_TLS_CERTIFICATE_FILE" in settings
        check(speaks == (is_secured and container["name"] != "payload-tap"), f"{container['name']}: TLS is {speaks}")
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            scheme = container[probe]["httpGet"]["scheme"]
            check(scheme == ("HTTPS" if speaks else "HTTP"), f"{container['name']}: its {probe} speaks {scheme}")
        wrong = "http://" if is_secured else "https://"
        for name in ("VEDETTE_SINK_URL", "VEDETTE_PEERS", "VEDETTE_PEER_SELF", "VEDETTE_EXPLAINER_URL"):
            check(wrong not in settings.get(name, ""), f"{container['name']}: {name} is {settings.get(name)}")
        mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
        check(("/var/run/vedette-tls" in mounts) == is_secured, f"{container['name']}: {mounts}")
        check(("VEDETTE_CLIENT_TLS_CA_FILE" in settings) == is_secured, f"{container['name']} believes the wrong authorities")
asking = next(d for d in render(VARIANTS["a tap that asks its clients for certificates"]) if d["kind"] == "Deployment")
probe = asking["spec"]["template"]["spec"]["initContainers"][0]["readinessProbe"]
check("tcpSocket" in probe and "httpGet" not in probe, f"a kubelet has no certificate to show, and the probe is {probe}")

documents = render({})
model = next(d for d in documents if d["kind"] == "Deployment")
tap = model["spec"]["template"]["spec"]["initContainers"][0]
check(tap["name"] == "payload-tap" and tap["restartPolicy"] == "Always", "the tap is no native sidecar")
sinks = next(v["value"] for v in tap["env"] if v["name"] == "VEDETTE_SINK_URL")
check(sinks.count("http://") == 4, f"the tap's sinks are {sinks}")
service = next(d for d in documents if d["kind"] == "Service" and d["metadata"]["name"].endswith("-model"))
check(service["spec"]["ports"][0]["targetPort"] == "tap", "the model's Service passes the tap by")
check(len([d for d in documents if d["kind"] == "StatefulSet"]) == 5, "not every service was rendered")
several = render({"services": {"drift-detector": {"replicas": 3}}})
detector = next(d for d in several if d["kind"] == "StatefulSet" and d["metadata"]["name"].endswith("-drift-detector"))
environment = {v["name"]: v.get("value") for v in detector["spec"]["template"]["spec"]["containers"][0]["env"]}
own = environment["VEDETTE_PEER_SELF"].replace("$(POD_NAME)", detector["metadata"]["name"] + "-2")
check(own in environment["VEDETTE_PEERS"].split(","), f"{own} is none of {environment['VEDETTE_PEERS']}")
check(len(environment["VEDETTE_PEERS"].split(",")) == detector["spec"]["replicas"] == 3, "not every replica is named")
headless = next(d for d in several if d["kind"] == "Service" and d["metadata"]["name"] == detector["spec"]["serviceName"])
check(headless["spec"]["clusterIP"] == "None", "the replicas have no names of their own")
loggers = render(LOGGERS)
logger = next(d for d in loggers if d["kind"] == "StatefulSet" and d["metadata"]["name"].endswith("-request-logger"))
pod = logger["spec"]["template"]["spec"]
environment = {v["name"]: v.get("value") for v in pod["containers"][0]["env"]}
check(logger["spec"]["replicas"] == 2, "there is one logger")
check("VEDETTE_PEERS" not in environment and "POD_NAME" not in environment, "the loggers are given peers")
mount = next(m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "secrets")
check(environment["VEDETTE_STORE_PASSWORD_FILE"].startswith(mount["mountPath"] + "/"), f"the password is not at {mount}")
check(any(v.get("secret", {}).get("secretName") == "record" for v in pod["volumes"]), f"the volumes are {pod['volumes']}")
for wrong in [{"explainer": {"replicas": 2}}, {"request-logger": {"replicas": 2}},
              {"request-logger": {"replicas": 2, "settings": {"store.url": "postgresql://vedette@db/record"}}}]:
    try:
        render({"services": wrong})
    except helm_python.errors.HelmError as error:
        check("replicas is 2" in str(error), f"{wrong} is refused with {error}")
    else:
        sys.exit(f"charts: {wrong} is rendered")
check(any(d["kind"] == "ServiceMonitor" for d in render({"serviceMonitor": {"enabled": True}})), "no ServiceMonitor")

with helm_python.Chart.load(CHART) as chart:
    for wrong in [{"modle": {}}, {"model": {"port": 0}}, {"services": {"drift-detector": {"settings": {"Log.Level": "x"}}}}]:
        try:
            chart.validate_schema(wrong)
        except helm_python.errors.HelmError:
            passed += 1
        else:
            sys.exit(f"charts: the schema accepts {wrong}")

lint = helm_python.lint(CHART)
check(not lint["errors"], f"lint: {lint['errors']}")
print(f"charts: {passed} passed, 0 failed")
