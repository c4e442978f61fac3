"""Computes with PyTorch's own layers what files written by ClipTransfer say, and writes a torchvision model for ClipTransfer to read.

Usage: pytorch_peer.py FOLDER. Reads inputs.safetensors and the exports there; writes results.pt and torchvision-resnet50.pt.
"""
import json
import struct
import sys
from collections import OrderedDict
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.nn import functional as F


def safetensors(path):
    """The format from its specification: 8-byte length, JSON header, raw little-endian numbers."""
    raw = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}
    read = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            dtype = types[entry["dtype"]]
            part = bytearray(raw[8 + length + first : 8 + length + last])
            read[name] = torch.frombuffer(part, dtype=dtype).reshape(entry["shape"])
    return read


def resnet(folder, pixels):
    model = torchvision.models.resnet50(weights=None)
    model.fc = nn.Identity()
    model.load_state_dict(safetensors(folder / "resnet.safetensors"))  # strict: every name, no other
    return model.eval()(pixels)


def distilbert(folder, tokens):
    """Post-norm layers of torch.nn.TransformerEncoder with DistilBERT's weights; the feature is the first position."""
    state, config = safetensors(folder / "model.safetensors"), json.loads((folder / "config.json").read_text())
    width, length = config["dim"], tokens.shape[1]
    x = F.embedding(tokens, state["embeddings.word_embeddings.weight"]) + state["embeddings.position_embeddings.weight"][:length]
    x = F.layer_norm(x, [width], state["embeddings.LayerNorm.weight"], state["embeddings.LayerNorm.bias"], 1e-12)
    for k in range(config["n_layers"]):
        layer = nn.TransformerEncoderLayer(width, config["n_heads"], config["hidden_dim"], 0.0, "gelu", 1e-12, batch_first=True)
        at = lambda name: state[f"transformer.layer.{k}.{name}"]
        own = {"linear1": "ffn.lin1", "linear2": "ffn.lin2", "norm1": "sa_layer_norm", "norm2": "output_layer_norm", "self_attn.out_proj": "attention.out_lin"}
        weights = {f"{mine}.{kind}": at(f"{theirs}.{kind}") for mine, theirs in own.items() for kind in ("weight", "bias")}
        for kind in ("weight", "bias"):
            weights[f"self_attn.in_proj_{kind}"] = torch.cat([at(f"attention.{part}_lin.{kind}") for part in "qkv"])
        layer.load_state_dict(weights)
        x = layer.train()(x, src_key_padding_mask=tokens == 0)  # train: the fast path of evaluation drops padding's rows; dropout is 0
    return x[:, 0]


class Block(nn.Module):
    """A residual attention block under the names of OpenAI's CLIP and of open_clip."""

    def __init__(self, width, heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(OrderedDict(c_fc=nn.Linear(width, 4 * width), gelu=nn.GELU(), c_proj=nn.Linear(4 * width, width)))

    def forward(self, x, mask):
        h = self.ln_1(x)
        x = x + self.attn(h, h, h, need_weights=False, attn_mask=mask)[0]
        h = self.mlp.c_fc(self.ln_2(x))
        return x + self.mlp.c_proj(h * torch.sigmoid(1.702 * h))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])

    def forward(self, x, mask=None):
        x = x.transpose(0, 1)
        for block in self.resblocks:
            x = block(x, mask)
        return x.transpose(0, 1)


class Vision(nn.Module):
    def __init__(self, size, patch, width, layers, dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros((size // patch) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, 2)
        self.proj = nn.Parameter(torch.zeros(width, dim))

    def forward(self, pixels):
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj


class Clip(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        vision, text = cfg["vision_cfg"], cfg["text_cfg"]
        self.visual = Vision(vision["image_size"], vision["patch_size"], vision["width"], vision["layers"], cfg["embed_dim"])
        self.transformer = Transformer(text["width"], text["layers"], text["heads"])
        self.token_embedding = nn.Embedding(text["vocab_size"], text["width"])
        self.positional_embedding = nn.Parameter(torch.zeros(text["context_length"], text["width"]))
        self.ln_final = nn.LayerNorm(text["width"])
        self.text_projection = nn.Parameter(torch.zeros(text["width"], cfg["embed_dim"]))
        self.logit_scale = nn.Parameter(torch.zeros(()))

    def encode_text(self, tokens):
        length = tokens.shape[1]
        mask = torch.full((length, length), float("-inf")).triu(1)
        x = self.ln_final(self.transformer(self.token_embedding(tokens) + self.positional_embedding[:length], mask))
        return x[torch.arange(len(x)), tokens.argmax(-1)] @ self.text_projection  # CLIP's end token has the largest id


def main(folder):
    inputs = safetensors(folder / "inputs.safetensors")
    clip = Clip(json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]).eval()
    clip.load_state_dict(safetensors(folder / "open_clip_model.safetensors"))
    torch.manual_seed(5)
    own = torchvision.models.resnet50(weights=None)
    own(torch.randn(4, 3, 64, 64))  # moves the running averages
    torch.save(own.state_dict(), folder / "torchvision-resnet50.pt")
    own.fc = nn.Identity()
    results = {
        "resnet": resnet(folder, inputs["pixels"]),
        "distilbert": distilbert(folder, inputs["bert"]),
        "clip.image": clip.visual(inputs["small"]),
        "clip.text": clip.encode_text(inputs["tokens"]),
        "torchvision": own.eval()(inputs["pixels"]),
    }
    torch.save(OrderedDict((name, value.contiguous()) for name, value in results.items()), folder / "results.pt")


with torch.no_grad():
    main(Path(sys.argv[1]))
