"""Commands on people and the referral tree."""
