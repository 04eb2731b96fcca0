#!/usr/bin/env python3
"""Tokens made by another implementation (PyJWT, cryptography): honest ones are accepted, forged ones are not.

    verify_token.py PATH/TO/verify_token
"""
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile

try:
    import jwt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
except ImportError:
    print("PyJWT is not installed")
    sys.exit(77)

NOW = 1_800_000_000
ISS, AUD = "https://id.example/realms/shop", "shop"


def b64(data):
    if isinstance(data, dict):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


def jwk(key, kid, **more):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        n = public.public_numbers()
        return {"kty": "RSA", "kid": kid, "n": number(n.n), "e": number(n.e), **more}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        n = public.public_numbers()
        size = (public.curve.key_size + 7) // 8
        curve = {"secp256r1": "P-256", "secp384r1": "P-384", "secp256k1": "secp256k1"}[public.curve.name]
        return {"kty": "EC", "kid": kid, "crv": curve, "x": number(n.x, size), "y": number(n.y, size), **more}
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": b64(raw), **more}


KEYS = {"rs": (rsa.generate_private_key(65537, 2048), "RS256"), "ps": (rsa.generate_private_key(65537, 3072), "PS256"),
        "es": (ec.generate_private_key(ec.SECP256R1()), "ES256"), "ed": (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        "big": (rsa.generate_private_key(65537, 4096), "RS256")}
SET = {"keys": [jwk(key, kid, alg=alg, use="sig") for kid, (key, alg) in KEYS.items()] +
       [jwk(ec.generate_private_key(ec.SECP384R1()), "p384"), {"kty": "oct", "kid": "secret", "k": b64("secret")},
        jwk(KEYS["rs"][0], "enc", use="enc")]}


def body(**more):
    out = {"iss": ISS, "sub": "user-17", "aud": AUD, "exp": NOW + 300, "iat": NOW - 5, **more}
    return {key: value for key, value in out.items() if value is not ...}


def mint(kid="rs", payload=None, alg=None, headers=None, key=None):
    own, known = KEYS.get(kid, KEYS["rs"])
    return jwt.api_jws.encode(json.dumps(payload or body()).encode(), key or own, alg or known,
                              headers={"kid": kid, **(headers or {})})


honest = []
for kid in KEYS:
    honest += [mint(kid), mint(kid, headers={"typ": None}), mint(kid, headers={"typ": "at+jwt"}),
               mint(kid, body(aud=["other", AUD])), mint(kid, body(nbf=NOW, auth_time=NOW - 9, azp="app")),
               mint(kid, body(exp=NOW + 1)), mint(kid, body(exp=NOW + 0.5 + 1)), mint(kid, body(name="Åsa \U0001f600", x={"y": [None, 1.5]})),
               mint(kid, body(email="ada@mail.example", email_verified=True)), mint(kid, body(iat=...))]

rs = KEYS["rs"][0]
pem = rs.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
der = rs.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
stranger = rsa.generate_private_key(65537, 2048)


def hs(secret, alg="HS256", kid="rs"):
    text = b64({"alg": alg, "typ": "JWT", "kid": kid}) + "." + b64(body())
    return text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def raw(header, payload, key=None, kid="rs"):
    """Signed as it stands, so that a text may hold what no library writes."""
    text = b64(header) + "." + b64(payload)
    own, alg = KEYS[kid]
    return text + "." + b64(jwt.get_algorithm_by_name(alg).sign(text.encode(), key or own))


good = json.dumps(body())
forged = {
    "none": b64({"alg": "none", "typ": "JWT"}) + "." + b64(body()) + ".",
    "none with a signature": b64({"alg": "none", "kid": "rs"}) + "." + b64(body()) + "." + mint().split(".")[2],
    "stripped": mint().rsplit(".", 1)[0] + ".", "cut": mint().rsplit(".", 1)[0],
    "HS256, PEM": hs(pem), "HS256, stripped PEM": hs(pem.strip()), "HS256, DER": hs(der), "HS256, nothing": hs(b""),
    "HS256, the set's secret": hs(b"secret", kid="secret"), "RS256 by HMAC": hs(pem, "RS256"),
    "stranger": mint(key=stranger), "PS with the RS key": mint("rs", alg="PS256"), "RS with the PS key": mint("ps", alg="RS256"),
    "RS512": mint(alg="RS512"), "P-384": mint("es", alg="ES384", key=ec.generate_private_key(ec.SECP384R1())),
    "wrong curve as ES256": raw({"alg": "ES256", "kid": "p384"}, good, kid="es"),
    "ES256 by a stranger": mint("es", key=ec.generate_private_key(ec.SECP256R1())),
    "EdDSA by a stranger": mint("ed", key=ed25519.Ed25519PrivateKey.generate()),
    "no exp": mint(payload=body(exp=...)), "text exp": mint(payload=body(exp=str(NOW + 300))), "null exp": mint(payload=body(exp=None)),
    "negative exp": mint(payload=body(exp=-1)), "huge exp": mint(payload=body(exp=10 ** 30)), "no iss": mint(payload=body(iss=...)),
    "no aud": mint(payload=body(aud=...)), "no sub": mint(payload=body(sub=...)), "other aud": mint(payload=body(aud="shop2")),
    "aud of others": mint(payload=body(aud=["a", "b"])), "aud object": mint(payload=body(aud={"shop": 1})),
    "other iss": mint(payload=body(iss=ISS + "/")), "iss list": mint(payload=body(iss=[ISS])), "number sub": mint(payload=body(sub=17)),
    "just expired": mint(payload=body(exp=NOW)), "expired a second ago": mint(payload=body(exp=NOW - 1)),
    "not yet": mint(payload=body(nbf=NOW + 1)), "from the future": mint(payload=body(iat=NOW + 1)),
    "unknown kid": mint(headers={"kid": "nobody"}), "kid of an encryption key": mint(headers={"kid": "enc"}),
    "kid with a path": mint(headers={"kid": "../../dev/null"}), "crit": mint(headers={"crit": ["exp"]}),
    "jwk": mint(headers={"jwk": jwk(stranger, "rs")}, key=stranger), "jku": mint(headers={"jku": "https://evil.example/"}),
    "x5u": mint(headers={"x5u": "https://evil.example/"}), "x5c": mint(headers={"x5c": [b64("x")]}),
    "typ": mint(headers={"typ": "logout+jwt"}), "zip": mint(headers={"zip": "DEF"}),
    "duplicate sub": raw({"alg": "RS256", "kid": "rs"}, good[:-1] + ', "sub": "admin"}'),
    "duplicate aud, escaped": raw({"alg": "RS256", "kid": "rs"}, good[:-1] + r', "\u0061ud": "shop"}'),
    "duplicate alg": raw('{"alg":"none","alg":"RS256","kid":"rs"}', good),
    "duplicate inside": raw({"alg": "RS256", "kid": "rs"}, good[:-1] + ', "x": {"a": 1, "a": 2}}'),
    "oversized": mint(payload=body(x="x" * 9000)), "array payload": raw({"alg": "RS256", "kid": "rs"}, "[]"),
    "BOM": raw({"alg": "RS256", "kid": "rs"}, "\ufeff" + good), "trailing": raw({"alg": "RS256", "kid": "rs"}, good + "{}"),
    "single quotes": raw({"alg": "RS256", "kid": "rs"}, good.replace('"', "'")), "padding": mint() + "==", "blank": " " + mint(),
    "standard base64": mint().replace("-", "+").replace("_", "/") + "+", "empty": "", "dots": "..", "JWE": "a.b.c.d.e",
    "Bearer": "Bearer " + mint(), "JSON": json.dumps({"payload": b64(body()), "signatures": []}),
    "zero signature": raw({"alg": "ES256", "kid": "es"}, good, kid="es").rsplit(".", 1)[0] + "." + b64(bytes(64)),
}
parts = mint().split(".")
forged["admin's payload"] = ".".join([parts[0], b64(body(sub="admin")), parts[2]])
tampered = [mint()[:i] + ("A" if mint()[i] != "A" else "B") + mint()[i + 1:] for i in range(0, len(mint()), 7)]
tampered = [one for one in tampered if one != mint()]

with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(SET, file)
    file.flush()
    lines = honest + list(forged.values()) + tampered
    done = subprocess.run([sys.argv[1], "--jwks", file.name, "--iss", ISS, "--aud", AUD, "--now", str(NOW)],
                          input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60, check=True)
    said = done.stdout.splitlines()
    wrong = []
    if len(said) != len(lines):
        wrong.append(f"{len(lines)} tokens, {len(said)} answers")
    for i, answer in enumerate(said[:len(honest)]):
        if not answer.startswith('accept {"iss":'):
            wrong.append(f"honest token {i} ({jwt.get_unverified_header(honest[i])}): {answer}")
        else:
            json.loads(answer[7:])
    for name, answer in zip(forged, said[len(honest):]):
        if not answer.startswith("reject "):
            wrong.append(f"{name}: {answer}")
    for one, answer in zip(tampered, said[len(honest) + len(forged):]):
        if not answer.startswith("reject "):
            wrong.append(f"{one}: {answer}")
    for arguments in ([], ["--jwks", file.name], ["--jwks", "/no/such", "--iss", ISS, "--aud", AUD], ["--iss"], ["--jwks", "/tmp", "--iss", ISS, "--aud", AUD],
                      ["--jwks", file.name, "--iss", ISS, "--aud", AUD, "--now", "soon"], ["--what", "x"]):
        bad = subprocess.run([sys.argv[1], *arguments], input="", capture_output=True, text=True, timeout=10)
        if bad.returncode != 2 or not bad.stderr:
            wrong.append(f"{arguments}: ends with {bad.returncode}")
if wrong:
    sys.exit("\n".join(wrong))
print(f"{len(honest)} honest tokens accepted, {len(forged) + len(tampered)} others refused")
