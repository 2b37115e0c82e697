#!/usr/bin/env python3
"""Tokens of an identity provider, good and bad, and its keys, made by PyJWT; each with what has to become of it.

Usage: identity_tokens.py   (needs pyjwt[crypto])

The keys are made anew at each run, so the tokens differ from run to run and what becomes of them does not."""
import base64
import hashlib
import hmac
import json

import cryptography
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import reference

NOW = 1_800_000_000
ISSUER = "https://id.example/realms/ml"
AUDIENCE = "vedette"
MAKERS = {"RSA": jwt.algorithms.RSAAlgorithm, "EC": jwt.algorithms.ECAlgorithm, "OKP": jwt.algorithms.OKPAlgorithm}

private = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "rsa-pss": rsa.generate_private_key(65537, 3072),
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "p521": ec.generate_private_key(ec.SECP521R1()),
    "ed": ed25519.Ed25519PrivateKey.generate(),
    "encryption": rsa.generate_private_key(65537, 2048),
    "later": rsa.generate_private_key(65537, 2048),
    "k1": ec.generate_private_key(ec.SECP256K1()),
    "short": rsa.generate_private_key(65537, 1024),
}
KINDS = {"rsa": "RSA", "rsa-pss": "RSA", "encryption": "RSA", "later": "RSA", "short": "RSA", "ed": "OKP"}


def described(name, **more):
    """The public key as an entry of a JSON Web Key Set."""
    maker = MAKERS[KINDS.get(name, "EC")]
    entry = json.loads(maker.to_jwk(private[name].public_key()))
    entry.pop("key_ops", None)
    return entry | {"kid": name} | more


def claims(**more):
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-17", "iat": NOW - 60, "exp": NOW + 600, "roles": ["write"]}
    return {name: value for name, value in (usual | more).items() if value is not None}


def signed(content, key="rsa", algorithm="RS256", kid=None, **header):
    headers = {"kid": kid or key} | header
    return jwt.encode(content, private[key], algorithm=algorithm, headers=headers)


def text(content):
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=")


def by_secret(secret, header=None):
    """HS256 as somebody would forge it who holds a public key: PyJWT itself refuses to."""
    start = text(header or {"alg": "HS256", "typ": "JWT", "kid": "rsa"}) + b"." + text(claims())
    signature = hmac.new(secret, start, hashlib.sha256).digest()
    return (start + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def forged(token, part, change):
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


pem = private["rsa"].public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
der = private["rsa"].public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
good = signed(claims())
cases = [
    # Each algorithm, with the key that serves it.
    *(
        (f"{algorithm} by {key}", signed(claims(), key, algorithm), {"role": "write", "name": "u-17"})
        for key, algorithm in [
            ("rsa", "RS256"), ("rsa", "RS384"), ("rsa", "RS512"), ("rsa", "PS256"), ("rsa", "PS384"), ("rsa", "PS512"),
            ("rsa-pss", "PS256"), ("p256", "ES256"), ("p384", "ES384"), ("p521", "ES512"), ("ed", "EdDSA"),
        ]
    ),
    # Claims.
    ("for several", signed(claims(aud=["other", AUDIENCE])), {"role": "write", "name": "u-17"}),
    ("the highest of several roles", signed(claims(roles=["read", "x", "admin"])), {"role": "admin", "name": "u-17"}),
    ("roles as words", signed(claims(roles="openid read")), {"role": "read", "name": "u-17"}),
    ("without a name", signed(claims(sub=None)), {"role": "write", "name": None}),
    ("over within the leeway", signed(claims(exp=NOW - 29)), {"role": "write", "name": "u-17"}),
    ("begins within the leeway", signed(claims(nbf=NOW + 29)), {"role": "write", "name": "u-17"}),
    ("times with fractions", signed(claims(exp=NOW + 0.5, nbf=NOW - 0.5)), {"role": "write", "name": "u-17"}),
    ("over", signed(claims(exp=NOW - 31)), "expired"),
    ("over at the leeway's end", signed(claims(exp=NOW - 30)), "expired"),
    ("without an end", signed(claims(exp=None)), "expired"),
    ("not begun", signed(claims(nbf=NOW + 31)), "not_yet_valid"),
    ("issued later", signed(claims(iat=NOW + 3600)), "not_yet_valid"),
    ("an end that is a text", forged(good, 1, lambda _: text(claims(exp="1900000000")).decode()), "signature"),
    ("of another issuer", signed(claims(iss=ISSUER + "/")), "issuer"),
    ("of no issuer", signed(claims(iss=None)), "issuer"),
    ("for another", signed(claims(aud="vedette-test")), "audience"),
    ("for nobody", signed(claims(aud=None)), "audience"),
    ("for none of several", signed(claims(aud=["a", "b"])), "audience"),
    ("without a role", signed(claims(roles=None)), "role"),
    ("with roles of others", signed(claims(roles=["owner", "Admin"])), "role"),
    ("in groups with spaces in their names", signed(claims(roles=["not an admin", "may read"])), "role"),
    ("with a role that is no text", signed(claims(roles=[1, True])), "role"),
    # Signatures.
    ("no algorithm", jwt.encode(claims(), None, algorithm="none", headers={"kid": "rsa"}), "algorithm"),
    ("no algorithm, in capitals", forged(good, 0, lambda _: text({"alg": "NONE", "kid": "rsa"}).decode()), "algorithm"),
    ("no signature", forged(good, 2, lambda _: ""), "signature"),
    ("the public key's PEM as a secret", by_secret(pem), "algorithm"),
    ("the public key's DER as a secret", by_secret(der), "algorithm"),
    ("an empty secret", by_secret(b""), "algorithm"),
    ("another key under the name", signed(claims(), "later", kid="rsa"), "signature"),
    ("a key that is not there", signed(claims(), "later"), "unknown_key"),
    ("a key for encryption", signed(claims(), "encryption"), "unknown_key"),
    ("a curve that is not served", signed(claims(), "k1", "ES256K"), "unknown_key"),
    ("an algorithm that the key does not name", signed(claims(), "rsa-pss", "RS256"), "algorithm"),
    ("an algorithm of another curve", signed(claims(), "p256", "ES256", kid="p384"), "algorithm"),
    ("claims that were changed", forged(good, 1, lambda _: text(claims(roles=["admin"])).decode()), "signature"),
    ("a header that was changed", forged(good, 0, lambda _: text({"alg": "RS256", "kid": "rsa", "x": 1}).decode()), "signature"),
    ("one sign of the signature changed", forged(good, 2, lambda old: ("B" if old[0] == "A" else "A") + old[1:]), "signature"),
    ("no name of a key", jwt.encode(claims(), private["rsa"], algorithm="RS256"), "unknown_key"),
    # Forms.
    ("something that has to be understood", signed(claims(), crit=["exp"]), "extension"),
    ("padding", forged(good, 2, lambda old: old + "=="), "malformed"),
    ("the other alphabet", forged(good, 0, lambda old: old + "+/+/"), "malformed"),
    ("two parts", good.rpartition(".")[0], "malformed"),
    ("five parts", good + ".a.b", "malformed"),
    ("nothing", "..", "malformed"),
    ("a header that is no object", forged(good, 0, lambda _: text([1]).decode()), "malformed"),
    ("claims that are no object", jwt.PyJWS().encode(b"[1]", private["rsa"], algorithm="RS256", headers={"kid": "rsa"}), "malformed"),
    ("an end that is a text, signed", jwt.PyJWS().encode(json.dumps(claims(exp="1900000000")).encode(), private["rsa"], algorithm="RS256", headers={"kid": "rsa"}), "malformed"),
    ("an end that is no number, signed", jwt.PyJWS().encode(json.dumps(claims(exp=float("inf"))).encode(), private["rsa"], algorithm="RS256", headers={"kid": "rsa"}), "malformed"),
    ("too long", signed(claims(note="x" * 20_000)), "malformed"),
]

keys = [
    described("rsa"), described("rsa-pss", alg="PS256", use="sig"), described("p256", alg="ES256"), described("p384"),
    described("p521"), described("ed"), described("encryption", use="enc"), described("k1"),
    {"kty": "AKP", "kid": "future", "alg": "ML-DSA-44", "pub": "AAAA"},
]
# What PyJWT says of those that it takes: nothing is expected here that it would not do.
checked = {key["kid"]: jwt.PyJWK(key) for key in keys[:6]}
for name, token, expected in cases:
    if isinstance(expected, dict):
        header = jwt.get_unverified_header(token)
        jwt.decode(
            token, checked[header["kid"]].key, algorithms=[header["alg"]], audience=AUDIENCE, issuer=ISSUER,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )

reference.write(
    "IdentityTokensTests", "identity_tokens", [jwt, cryptography],
    {
        "now": NOW, "issuer": ISSUER, "audience": AUDIENCE, "keys": {"keys": keys},
        "later": {"keys": [described("later"), described("p256")]},
        "single": {"keys": [described("rsa")]},
        "nested": signed(claims(roles=None, realm_access={"roles": ["ml-oncall"]}, preferred_username="Ada")),
        "dotted": signed(claims(roles=None, **{"https://x.example/roles": ["ml-oncall"]})),
        "unnamed": jwt.encode(claims(), private["rsa"], algorithm="RS256"),
        # Good for long, for tests that have the clock of their machine.
        "lasting": {
            role: signed(claims(iat=1_700_000_000, exp=4_102_444_800, sub=f"u-{role}", roles=[role]))
            for role in ["read", "write", "admin"]
        },
        "over": signed(claims(iat=1_600_000_000, exp=1_700_000_000)),
        "byLater": signed(claims(), "later"),
        "byP256": signed(claims(), "p256", "ES256"),
        "refusedFiles": [
            {"name": "a secret", "keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}], "says": "is a secret"},
            {"name": "a short key", "keys": [described("short")], "says": "the key 'short' is broken or too short"},
            {"name": "no key that signs", "keys": [described("encryption", use="enc")], "says": "none of them"},
            {"name": "no keys", "keys": [], "says": "none of them"},
            {"name": "twice the same", "keys": [described("rsa"), described("later", kid="rsa")], "says": "is there twice"},
            {"name": "no point of the curve", "keys": [described("p256", y=described("p384")["y"])], "says": "is broken"},
        ],
        "cases": [{"name": name, "token": token, "expected": expected} for name, token, expected in cases],
    },
)
