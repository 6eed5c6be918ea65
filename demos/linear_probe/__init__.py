"""The transfer learning tab."""
