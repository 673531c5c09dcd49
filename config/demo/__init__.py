"""The demo company: a year of real purchases flowing through a generated referral tree."""
