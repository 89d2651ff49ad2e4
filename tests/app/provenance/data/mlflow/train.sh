fit()
