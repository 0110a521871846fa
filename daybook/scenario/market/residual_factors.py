"""Statistical factors of what the market leaves unexplained: leading principal components of residual correlations."""

import numpy as np

from daybook.scenario.arrays import FloatArray

_ROUNDS = 200


def residual_loadings(residuals: FloatArray, residual_sd: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Return loadings (n, k) of up to ``most`` factors, and what is left of each residual's standard deviation.

    Parameters
    ----------
    residuals : FloatArray
        (T, n) returns less beta times the market; nan where there is none.
    residual_sd : FloatArray
        (n,) the standard deviation each stock's residual is to have: loadings and the rest add up to its square.
    most : int
        The largest number of factors.

    Components are kept while their eigenvalue is above (1 + sqrt(n / T))^2, the largest that independent residuals
    have (Marchenko and Pastur 1967), so that noise is not taken for structure. Sums run in one order without BLAS:
    the bits do not depend on the number of threads.
    """
    days, n = residuals.shape
    known = ~np.isnan(residuals)
    counts = known.sum(axis=0)
    filled = np.where(known, residuals, 0.0)
    scale = np.sqrt(np.where(counts > 0, (filled**2).sum(axis=0) / np.maximum(counts, 1), 0.0))
    unit = np.where(scale > 0, filled / np.where(scale > 0, scale, 1.0), 0.0)
    together = np.einsum("ti,tj->ij", known.astype(np.float64), known.astype(np.float64))
    correlation = np.einsum("ti,tj->ij", unit, unit) / np.maximum(together, 20.0)
    np.fill_diagonal(correlation, np.where(counts > 0, 1.0, 0.0))
    values, vectors = _leading(correlation, min(most, n))
    keep = values > (1.0 + np.sqrt(n / days)) ** 2
    shares = vectors[:, keep] * np.sqrt(values[keep])
    explained = (shares**2).sum(axis=1)
    # Pairwise counts can leave a matrix that is no correlation matrix: no stock may be explained to more than 95 %.
    shrink = np.sqrt(np.minimum(1.0, 0.95 / np.maximum(explained, 1e-12)))
    shares = shares * shrink[:, None]
    rest = residual_sd * np.sqrt(1.0 - (shares**2).sum(axis=1))
    return shares * residual_sd[:, None], rest


def _leading(matrix: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues and their vectors, by orthogonal iteration; the largest entry is positive."""
    n = matrix.shape[0]
    if most == 0:
        return np.zeros(0), np.zeros((n, 0))
    rows = np.arange(1, n + 1, dtype=np.float64)[:, None]
    basis = _orthonormal(np.cos(rows * np.arange(1, most + 1)))
    for _ in range(_ROUNDS):
        basis = _orthonormal(np.einsum("ij,jk->ik", matrix, basis))
    values = np.einsum("ik,ij,jk->k", basis, matrix, basis)
    order = np.argsort(-values, kind="stable")
    values, basis = values[order], basis[:, order]
    peaks = basis[np.argmax(np.abs(basis), axis=0), np.arange(most)]
    return values, basis * np.where(peaks < 0, -1.0, 1.0)


def _orthonormal(columns: FloatArray) -> FloatArray:
    """Return the columns made orthonormal in their order (modified Gram and Schmidt)."""
    out = np.zeros_like(columns)
    for k in range(columns.shape[1]):
        column = columns[:, k].copy()
        for earlier in range(k):
            column -= (out[:, earlier] * column).sum() * out[:, earlier]
        length = np.sqrt((column * column).sum())
        if length > 1e-12:
            out[:, k] = column / length
    return out
