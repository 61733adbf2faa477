"""The causal language model as a folder, as tokens, and as per-record likelihoods."""
