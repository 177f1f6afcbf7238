"""Keys of nodes and of the authority: signing, and the authenticated box between two nodes.

Ed25519 for signatures, X25519 with XSalsa20-Poly1305 for the box, both from libsodium; every signature is bound to its
purpose, so that a signed segment can never be shown as a signed receipt.
"""

import hashlib
from typing import Literal, TypeAlias

from nacl.exceptions import CryptoError
from nacl.public import Box, SealedBox
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.signing import SigningKey, VerifyKey

from sync.errors import Forged

Purpose: TypeAlias = Literal["segment", "receipt", "join"]

SEED_BYTES = 32
SIGNATURE_BYTES = 64
SHORT_BYTES = 8
NONCE_BYTES = 24
SALT_BYTES = 16


def short(public: bytes) -> bytes:
    """The first eight bytes of a key's hash: how an envelope names its sender. Never trusted by itself."""
    return hashlib.sha256(public).digest()[:SHORT_BYTES]


class NodeKey:
    """The secret key of a node (or of the authority), made from a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self.seed = seed
        self._signing = SigningKey(seed)
        self.public = bytes(self._signing.verify_key)
        self._private = self._signing.to_curve25519_private_key()

    def sign(self, purpose: Purpose, text: bytes) -> bytes:
        """A 64-byte signature over `text` for one purpose."""
        return self._signing.sign(_bound(purpose, text)).signature

    def seal(self, peer: bytes, text: bytes, nonce: bytes) -> bytes:
        """`text` for `peer` alone, from this key: nonce, then box."""
        return bytes(self._box(peer).encrypt(text, nonce))

    def open(self, peer: bytes, sealed: bytes) -> bytes:
        """What `peer` sealed to this key. Raises Forged."""
        try:
            return self._box(peer).decrypt(sealed)
        except (CryptoError, ValueError) as error:
            raise Forged from error

    def open_anonymous(self, sealed: bytes) -> bytes:
        """What somebody sealed to this key without a key of his own. Raises Forged."""
        try:
            return SealedBox(self._private).decrypt(sealed)
        except (CryptoError, ValueError) as error:
            raise Forged from error

    def _box(self, peer: bytes) -> Box:
        try:
            return Box(self._private, VerifyKey(peer).to_curve25519_public_key())
        except (CryptoError, ValueError, RuntimeError) as error:
            raise Forged from error


def seal_anonymous(peer: bytes, text: bytes) -> bytes:
    """`text` for `peer` alone, from nobody: the first message of a joining node. Draws its own one-time key."""
    return SealedBox(VerifyKey(peer).to_curve25519_public_key()).encrypt(text)


def lock(secret: bytes, salt: bytes, text: bytes, nonce: bytes) -> bytes:
    """`text` under a secret that may be guessed: each guess costs as much as a password's."""
    return bytes(SecretBox(_slow(secret, salt)).encrypt(text, nonce))


def unlock(secret: bytes, salt: bytes, locked: bytes) -> bytes:
    """What `lock` has made. Raises Forged."""
    try:
        return SecretBox(_slow(secret, salt)).decrypt(locked)
    except (CryptoError, ValueError) as error:
        raise Forged from error


def _slow(secret: bytes, salt: bytes) -> bytes:
    return argon2id.kdf(32, secret, salt, opslimit=argon2id.OPSLIMIT_INTERACTIVE, memlimit=argon2id.MEMLIMIT_INTERACTIVE)


def verify(public: bytes, purpose: Purpose, text: bytes, signature: bytes) -> None:
    """Raises Forged unless `public` signed `text` for this purpose."""
    try:
        VerifyKey(public).verify(_bound(purpose, text), signature)
    except (CryptoError, ValueError) as error:
        raise Forged from error


def _bound(purpose: Purpose, text: bytes) -> bytes:
    return b"daftari " + purpose.encode() + b"\n" + text
