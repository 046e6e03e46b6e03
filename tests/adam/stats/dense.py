"""Simulated subjects, and REML with V as one n x n matrix: slow, and straight from the textbook."""

import itertools

import numpy as np

DIAGONAL = "diagonal"


def simulated(seed, n_subjects=9, q=2, noise=0.5, balanced=False):
    """Subjects with 3 to 7 visits at their own times; q: intercept, time, time after 3."""
    rng = np.random.default_rng(seed)
    counts = [6] * n_subjects if balanced else rng.integers(3, 8, n_subjects)
    t = np.concatenate([np.arange(n) if balanced else np.sort(rng.uniform(0, 6, n)) for n in counts])
    groups = np.repeat(np.arange(n_subjects), counts)
    x = np.column_stack([np.ones_like(t), t, np.maximum(t - 3, 0)])
    z = x[:, :q]
    root = np.array([[3.0, 0, 0], [0.4, 1.5, 0], [-0.3, 0.5, 2.0]])[:q, :q]
    effects = rng.normal(size=(n_subjects, q)) @ root.T
    y = x @ [40, -1, 0.5] + (z * effects[groups]).sum(axis=1) + rng.normal(0, noise, len(t))
    return y, x, z, groups


class Dense:
    """REML with V as one n x n matrix, straight from the textbook; V = sum of gamma_r G_r."""

    def __init__(self, y, x, z, groups, blocks):
        self.y, self.x = y, x
        same = groups[:, None] == groups[None, :]
        self.parts = []
        for block in blocks:
            for a, b in block.pairs:
                part = np.outer(z[:, a], z[:, b])
                self.parts.append(same * (part if a == b else part + part.T))
        self.parts.append(np.eye(len(y)))

    def criterion(self, gamma):
        v = sum(g * part for g, part in zip(gamma, self.parts, strict=True))
        sign, log_v = np.linalg.slogdet(v)
        if sign <= 0 or np.linalg.eigvalsh(v)[0] <= 0:
            return np.inf
        inverse = np.linalg.inv(v)
        information = self.x.T @ inverse @ self.x
        beta = np.linalg.solve(information, self.x.T @ inverse @ self.y)
        e = self.y - self.x @ beta
        free = len(self.y) - self.x.shape[1]
        return log_v + np.linalg.slogdet(information)[1] + e @ inverse @ e + free * np.log(2 * np.pi)

    def kenward_roger(self, gamma):
        """vcov, adjusted vcov, P, W: the formulas of Kenward and Roger (1997) with n x n matrices."""
        v = sum(g * part for g, part in zip(gamma, self.parts, strict=True))
        inverse, k = np.linalg.inv(v), len(gamma)
        phi = np.linalg.inv(self.x.T @ inverse @ self.x)
        p = [-self.x.T @ inverse @ part @ inverse @ self.x for part in self.parts]
        projector = inverse - inverse @ self.x @ phi @ self.x.T @ inverse
        w = np.empty((k, k))
        middle = np.zeros_like(phi)
        for r, s in itertools.product(range(k), repeat=2):
            w[r, s] = np.trace(projector @ self.parts[r] @ projector @ self.parts[s])
        w = 2 * np.linalg.inv(w)
        for r, s in itertools.product(range(k), repeat=2):
            q = self.x.T @ inverse @ self.parts[r] @ inverse @ self.parts[s] @ inverse @ self.x
            middle += w[r, s] * (q - p[r] @ phi @ p[s])
        return phi, phi + 2 * phi @ middle @ phi, p, w

    def vcov(self, gamma):
        v = sum(g * part for g, part in zip(gamma, self.parts, strict=True))
        return np.linalg.inv(self.x.T @ np.linalg.inv(v) @ self.x)


def gamma_of(fit):
    places = {column: i for i, column in enumerate(fit.effects)}
    pairs = [pair for block in fit.blocks for pair in block.pairs]
    return np.array([*(fit.g[places[a], places[b]] for a, b in pairs), fit.sigma2])
