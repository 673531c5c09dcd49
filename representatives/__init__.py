"""People, company and referral tree."""
