"""Google Cloud's bill: the standard and the detailed export to BigQuery, however it left BigQuery."""
