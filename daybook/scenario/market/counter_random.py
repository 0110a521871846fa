"""Random numbers from counters: a draw is a hash of (key, scenario, day, number), so it needs no state and no order.

A 64-bit key is made for each scenario and day; its halves go into a 32-bit hash of the draw's number at two places,
so two days share draws only when 64 bits agree. The hash is three rounds of multiply and shift in the manner of
MurmurHash3's finaliser (Appleby), the 64-bit one that of SplitMix64 (Steele, Lea and Flood 2014). Normals are by Box
and Muller (1958) with polynomials of their own for the logarithm and the angle, in single precision.

Everything is written with single additions, products, fused products and roots in a fixed order and without
fast-math, so that a draw has the same bits wherever it stands in a loop, vectorised or not.
"""

import math

import numpy as np
from numba import njit

from daybook.scenario.market.fused import fma

f32, f64, u32, u64, i32 = np.float32, np.float64, np.uint32, np.uint64, np.int32

_TO_UNIT_31 = f32(2.0**-31)
_TO_QUARTERS = f32(2.0**-32)
_HALF_STEP = f32(2.0**-32)
_LN2 = f32(math.log(2.0))
_LOG2_E = f32(1.0 / math.log(2.0))
_LN2_HIGH = f32(0.693359375)
_LN2_LOW = f32(math.log(2.0) - 0.693359375)
_ROUND = f32(1.5 * 2.0**23)
"""Added to a number it leaves the number rounded to a whole one in the lowest bits."""
_SQRT_HALF_BITS = 0x3F3504F3


@njit(forceinline=True)
def mix64(x):  # type: ignore[no-untyped-def]
    """Return a hash of 64 bits (SplitMix64)."""
    x = u64(x)
    x = (x ^ (x >> u64(30))) * u64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> u64(27))) * u64(0x94D049BB133111EB)
    return x ^ (x >> u64(31))


@njit(forceinline=True)
def draw32(number, low, high):  # type: ignore[no-untyped-def]
    """Return 32 random bits: the draw ``number`` of the key whose halves are ``low`` and ``high``."""
    x = u32(u32(number) * u32(0x9E3779B9)) + low
    x = u32(x)
    x = u32(u32(x ^ (x >> u32(16))) * u32(0x85EBCA6B))
    x = u32(x ^ (x >> u32(13))) ^ high
    x = u32(u32(x) * u32(0xC2B2AE35))
    x = u32(u32(x ^ (x >> u32(16))) * u32(0x7FEB352D))
    return u32(x ^ (x >> u32(15)))


@njit(forceinline=True)
def minus_two_log(bits):  # type: ignore[no-untyped-def]
    """Return -2 ln(u) for u = (bits / 2 + 1/2) / 2^31, never negative.

    The sum rounds to single precision: for the highest bits u is exactly 1, whose logarithm here is exactly 0, so
    that the root of the result is a number for every draw.
    """
    u = fma(f32(i32(u32(bits) >> u32(1))), _TO_UNIT_31, _HALF_STEP)
    raw = i32(i32(f32(u).view(np.int32)) - i32(_SQRT_HALF_BITS))
    exponent = f32(i32(raw >> i32(23)))
    m = i32(i32(raw & i32(0x7FFFFF)) + i32(_SQRT_HALF_BITS)).view(np.float32)
    x = m - f32(1)
    q = fma(f32(0.08734837), x, f32(-0.14307518))
    q = fma(q, x, f32(0.14917974))
    q = fma(q, x, f32(-0.16570508))
    q = fma(q, x, f32(0.19962072))
    q = fma(q, x, f32(-0.25001755))
    q = fma(q, x, f32(0.33333951))
    q = fma(q, x, f32(-0.49999991))
    return f32(-2) * fma(exponent, _LN2, fma(x * x, q, x))


@njit(forceinline=True)
def normal_pair(radius_bits, angle_bits):  # type: ignore[no-untyped-def]
    """Return two independent standard normals.

    Thirty bits say where in a quarter turn about 0 the angle lies, the other two which quarter it is.
    """
    radius = math.sqrt(minus_two_log(radius_bits))
    x = f32(i32(u32(angle_bits) << u32(2))) * _TO_QUARTERS
    y = x * x
    sine = x * fma(fma(fma(f32(-0.0046021771), y, f32(0.079680227)), y, f32(-0.64596349)), y, f32(1.5707964))
    cosine = fma(fma(fma(f32(0.00090402167), y, f32(-0.020860288)), y, f32(0.25366923)), y, f32(-1.2337005))
    cosine = fma(cosine, y, f32(1))
    signed = -radius if u32(angle_bits) & u32(0x80000000) else radius
    swap = u32(angle_bits) & u32(0x40000000)
    first = sine if swap else cosine
    second = cosine if swap else sine
    return signed * first, signed * second


@njit(forceinline=True)
def _reduced(x):  # type: ignore[no-untyped-def]
    """Return 2^k and exp(r) - 1 with x = k ln 2 + r, r small; x is held within -80 and 80."""
    x = f32(-80) if x < f32(-80) else x
    x = f32(80) if x > f32(80) else x
    rounded = fma(x, _LOG2_E, _ROUND)
    k = rounded - _ROUND
    r = fma(k, -_LN2_LOW, fma(k, -_LN2_HIGH, x))
    p = fma(r, f32(0.0013950488), f32(0.0083688879))
    p = fma(p, r, f32(0.041666206))
    p = fma(p, r, f32(0.16666518))
    p = fma(p, r, f32(0.5))
    scale = i32(i32(i32(f32(rounded).view(np.int32)) + i32(127)) << i32(23)).view(np.float32)
    return scale, fma(r * r, p, r)


@njit(forceinline=True)
def growth(x):  # type: ignore[no-untyped-def]
    """Return exp(x) - 1 in single precision, 0 exactly at 0."""
    scale, q = _reduced(x)
    return fma(scale, q, scale - f32(1))


@njit(forceinline=True)
def exponential(x):  # type: ignore[no-untyped-def]
    """Return exp(x) in single precision, 1 exactly at 0."""
    scale, q = _reduced(x)
    return fma(scale, q, scale)
