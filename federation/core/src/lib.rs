//! Pure decisions of the hub: placement, division, release.
