"""Other libraries' metrics and losses, on the kernels of this one.

Each module stands for a framework, and imports that framework alone:
``torchtally.integrations.torchmetrics``, ``.monai``, ``.smp``
(segmentation_models_pytorch), ``.nnunet``, ``.ignite`` and ``.transformers``. Names,
arguments, defaults and results are the framework's own, also where they differ from
those of torchtally itself.
"""
