"""The network: a BERT encoder, the mean of its token states, one linear layer."""

from pathlib import Path
from typing import Any, cast

import torch
from transformers import BertConfig, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from voxpop.scorers.scores import LABELS


class SentimentBert(BertPreTrainedModel):  # type: ignore[misc, unused-ignore]
    """A sentence encoder with a three-class head over the mean of the tokens that are not padding.

    The mean, rather than the first token's state: all-MiniLM-L6-v2 was trained to put a sentence's meaning there.
    """

    def __init__(self, config: BertConfig) -> None:
        """Build the layers from `config`; the weights come from `load_base` or `from_pretrained`."""
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(config.hidden_dropout_prob)
        self.classifier = torch.nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    @classmethod
    def load_base(cls, directory: Path) -> "SentimentBert":
        """Return the encoder in `directory` under a fresh head whose classes are `LABELS`. Seed PyTorch first."""
        names = dict(enumerate(LABELS))
        config = BertConfig.from_pretrained(
            directory, num_labels=len(LABELS), id2label=names, label2id={name: at for at, name in names.items()}
        )
        model = cls(config)
        encoder = BertModel.from_pretrained(directory, add_pooling_layer=False)
        model.bert.load_state_dict(encoder.state_dict())
        return model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **others: Any) -> SequenceClassifierOutput:
        """Return logits `(rows, 3)` for token ids and a mask of 1 (token) and 0 (padding), both `(rows, length)`."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1)
        return SequenceClassifierOutput(logits=cast(torch.Tensor, self.classifier(self.dropout(mean))))
