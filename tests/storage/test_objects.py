"""One suite for every backend: a folder, memory, and a real S3 server."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from daybook.contracts.objects import ObjectKind
from daybook.storage.objects import (
    ObjectDamaged,
    ObjectMissing,
    ObjectStore,
    ObjectStoreError,
    key_of,
    packed_arrays,
    unpacked_arrays,
)
from tests.storage.seaweed import ACCESS_KEY, BUCKET, SECRET_KEY, Seaweed, SeaweedUnavailable

REGION = "us-east-1"


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    try:
        server = Seaweed(tmp_path_factory.mktemp("seaweed"))
    except SeaweedUnavailable as reason:
        pytest.skip(f"no S3 server: {reason}")
    yield server
    server.stop()


def s3_store(server: Seaweed, secret_key: str = SECRET_KEY) -> ObjectStore:
    return ObjectStore.on_s3(
        endpoint=server.endpoint, bucket=BUCKET, access_key=ACCESS_KEY, secret_key=secret_key, region=REGION
    )


@pytest.fixture(params=["folder", "memory", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    makers: dict[str, Callable[[], ObjectStore]] = {
        "folder": lambda: ObjectStore.in_folder(tmp_path / "objects"),
        "memory": ObjectStore.in_memory,
        "s3": lambda: s3_store(request.getfixturevalue("seaweed")),
    }
    return makers[request.param]()


def test_put_when_content_is_new_then_it_is_read_back_under_its_own_digest(objects: ObjectStore) -> None:
    content = "체결 내역 005930\n".encode() * 3
    ref = objects.put(content, ObjectKind.ORDERS)
    assert ref.digest == hashlib.sha256(content).hexdigest()
    assert ref.size_bytes == len(content)
    assert objects.get(ref.digest) == content
    assert objects.has(ref.digest)


def test_put_when_repeated_by_several_threads_then_there_is_one_object(objects: ObjectStore) -> None:
    content = b"the same bytes " * 1_000
    with ThreadPoolExecutor(8) as pool:
        refs = list(pool.map(lambda _: objects.put(content, ObjectKind.REPORT), range(16)))
    assert len(set(refs)) == 1
    assert list(objects.digests()).count(refs[0].digest) == 1
    assert objects.get(refs[0].digest) == content


def test_put_when_content_is_empty_or_large_then_it_is_kept(objects: ObjectStore) -> None:
    for content in (b"", np.arange(1_500_000).tobytes()):
        assert objects.get(objects.put(content, ObjectKind.ARRAYS).digest) == content


def test_get_when_there_is_no_such_object_then_it_says_so(objects: ObjectStore) -> None:
    digest = hashlib.sha256(b"never kept").hexdigest()
    assert not objects.has(digest)
    with pytest.raises(ObjectMissing, match=digest):
        objects.get(digest)


def test_delete_when_repeated_then_it_is_no_error(objects: ObjectStore) -> None:
    ref = objects.put(b"to be removed", ObjectKind.EVIDENCE)
    objects.delete(ref.digest)
    objects.delete(ref.digest)
    assert not objects.has(ref.digest)


@pytest.mark.parametrize("name", ["../../etc/passwd", "abc", "A" * 64, "", "0" * 63 + "/"])
def test_key_when_the_digest_is_none_then_it_is_refused(name: str) -> None:
    with pytest.raises(ObjectStoreError, match="hexadecimal"):
        key_of(name)


def test_get_when_bytes_were_changed_on_disk_then_they_are_not_given_out(tmp_path: Path) -> None:
    objects = ObjectStore.in_folder(tmp_path)
    ref = objects.put(b"true", ObjectKind.REPORT)
    (tmp_path / key_of(ref.digest)).write_bytes(b"false")
    with pytest.raises(ObjectDamaged, match=ref.digest):
        objects.get(ref.digest)


def test_store_when_the_secret_is_wrong_then_the_refusal_names_the_place_and_no_secret(seaweed: Seaweed) -> None:
    objects = s3_store(seaweed, "another-secret-key")
    with pytest.raises(ObjectStoreError) as refused:
        objects.put(b"anything", ObjectKind.REPORT)
    assert seaweed.endpoint in str(refused.value)
    assert "another-secret-key" not in str(refused.value)


def test_folder_when_it_cannot_be_made_then_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ObjectStoreError, match="cannot be used"):
        ObjectStore.in_folder(tmp_path / "file" / "objects")


def test_arrays_when_packed_in_another_order_then_the_bytes_are_the_same() -> None:
    first = packed_arrays({"b": np.arange(5), "a": np.eye(3)})
    assert first == packed_arrays({"a": np.eye(3), "b": np.arange(5)})
    found = unpacked_arrays(first)
    assert np.array_equal(found["a"], np.eye(3))
    assert found["b"].dtype == np.arange(5).dtype


def test_arrays_when_the_bytes_are_others_then_it_is_damage() -> None:
    with pytest.raises(ObjectDamaged):
        unpacked_arrays(b"no arrays at all")
