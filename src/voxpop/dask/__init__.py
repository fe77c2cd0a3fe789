"""Voxpop on Dask: for those whose cluster is one already. Needs the extra `dask`."""
