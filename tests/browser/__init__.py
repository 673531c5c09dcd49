"""The portal as people use it; a package, so that its browser ends before other tests begin."""
