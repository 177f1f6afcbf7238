"""The centre's own certificate authority, and the certificate that its laptop shows to phones.

A phone that trusts the authority trusts it for the centre's own network only: the name constraints leave it no public
address and no name but `localhost` and `.local`, so that a stolen data folder opens nobody's bank.

Dates. The authority counts from 2000 to 2049 whatever the laptop's clock says: phones are given it once. A leaf counts
400 days to either side of the moment it was made, so that a laptop or a phone may be a year off; 800 days stay under
the 825 that Apple allows below an authority a person has installed. Chrome's 398 days are for public authorities alone
(net/docs/certificate_lifetimes.md). It is made anew long before either end, and whenever the addresses are others.

Heavy: `cryptography` is imported only where something is made, and its extra `[https]` may be missing.
"""

import ipaddress
import json
import os
import ssl
from collections.abc import Collection
from datetime import datetime, timedelta, UTC
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tracker.errors import DomainError, N_
from tracker.folder import flush_file, put_in_place

FOLDER: Final = "https"
AUTHORITY_FILE, LEAF_FILE = "authority.pem", "leaf.pem"
NETWORKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fd00::/8")
NAMES: Final = ("localhost", "local")  # as constraints: these names and whatever ends in a dot and one of them
AUTHORITY_SINCE, AUTHORITY_UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
LEAF_EITHER_WAY: Final = timedelta(days=400)
RENEWED_BEFORE_END: Final = timedelta(days=100)
LONGEST_COMMON_NAME: Final = 64


class BrokenAuthority(DomainError):
    """The file of the authority cannot be read as one."""

    code = "certificates.broken_authority"
    sentence = N_(
        "The file %(file)s, with which phones know this computer, is damaged. Move it away and start again: "
        "a new one is made, and phones that trusted the old one are shown how to trust it."
    )


def can_be_made() -> bool:
    """Whether the extra `[https]` is installed."""
    return find_spec("cryptography") is not None


def is_private(host: str) -> bool:
    """Whether the authority may vouch for this host: an address of a private network, `localhost`, or a `.local` name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return any(host == name or host.endswith(f".{name}") for name in NAMES) and host != "local"
    return any(address in network for network in map(ipaddress.ip_network, NETWORKS) if network.version == address.version)


def authority(home: Path) -> bytes | None:
    """The authority's certificate in DER, as phones take it; None until there is one that can be read."""
    try:
        text = (home / FOLDER / AUTHORITY_FILE).read_text(encoding="ascii")
        return ssl.PEM_cert_to_DER_cert(text[text.index(ssl.PEM_HEADER) :])
    except (FileNotFoundError, ValueError):
        return None


def leaf(home: Path, hosts: Collection[str], name: str, now: datetime) -> Path:
    """The file (PEM, key and certificate) of a leaf for these hosts and `localhost`, made where the kept one will not do.

    hosts  addresses and names; those the authority may not vouch for are left out
    name   of the centre, for the list of authorities in a phone's settings
    now    aware; may be years off
    Raises BrokenAuthority, OSError.
    """
    folder = home / FOLDER
    wanted = sorted({"localhost", "127.0.0.1", *filter(is_private, hosts)})
    path = folder / LEAF_FILE
    is_known = (folder / AUTHORITY_FILE).exists()
    if not is_known:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep(folder / AUTHORITY_FILE, _new_authority(name))
    if not is_known or not _will_do(path, wanted, now):
        try:
            made = _new_leaf((folder / AUTHORITY_FILE).read_bytes(), wanted, now)
        except ValueError as error:
            raise BrokenAuthority(file=folder / AUTHORITY_FILE) from error
        _keep(path, _about(wanted, now) + made)
    return path


def _about(hosts: list[str], now: datetime) -> bytes:
    """The first line of a leaf's file, which readers of PEM pass over: it tells us what we made without `cryptography`."""
    return json.dumps({"hosts": hosts, "made": now.timestamp()}).encode() + b"\n"


def _will_do(path: Path, hosts: list[str], now: datetime) -> bool:
    try:
        about = json.loads(path.read_text(encoding="ascii").partition("\n")[0])
        off = abs(now - datetime.fromtimestamp(about["made"], UTC))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return about["hosts"] == hosts and off < LEAF_EITHER_WAY - RENEWED_BEFORE_END


def _keep(path: Path, content: bytes) -> None:
    """Put a file with a key in place, whole or not at all, for its owner's eyes only."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    flush_file(draft)
    put_in_place(draft, path)


def _new_authority(name: str) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(f"Daftari {name}".strip()[:LONGEST_COMMON_NAME])
    permitted = [*(x509.IPAddress(ipaddress.ip_network(each)) for each in NETWORKS), *map(x509.DNSName, NAMES)]
    builder = (
        _begun(subject, subject, key.public_key(), AUTHORITY_SINCE, AUTHORITY_UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _signed(builder, key, key)


def _new_leaf(authority_pem: bytes, hosts: list[str], now: datetime) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer, issuer_key = x509.load_pem_x509_certificate(authority_pem), load_pem_private_key(authority_pem, None)
    key = ec.generate_private_key(ec.SECP256R1())
    since, until = max(now - LEAF_EITHER_WAY, AUTHORITY_SINCE), min(now + LEAF_EITHER_WAY, AUTHORITY_UNTIL)
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _begun(_named("Daftari"), issuer.subject, key.public_key(), since, until)
        .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
    )
    return _signed(builder, issuer_key, key)


def _named(common_name: str) -> Any:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _general(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, certificates: bool) -> Any:
    """What the key may sign: certificates, or handshakes."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _begun(subject: Any, issuer: Any, key: Any, since: datetime, until: datetime) -> Any:
    from cryptography import x509

    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)


def _signed(builder: Any, by: Any, key: Any) -> bytes:
    """PEM of the key, then of the certificate."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return bytes(own + builder.sign(by, SHA256()).public_bytes(Encoding.PEM))
