"""The embedded task's network in PyTorch, and one training iteration in two shapes: the published loop (one node per call, one edge per backward)
and levels as batches. Reads its settings as JSON from standard input and writes one JSON line of medians. `branchgrpo bench --python PATH` runs it."""
import json
import math
import statistics
import struct
import sys
import time

import torch
import torch.nn.functional as F


class Dense(torch.nn.Linear):
    pass


class Block(torch.nn.Module):
    def __init__(self, width, heads, expansion):
        super().__init__()
        self.heads = heads
        self.modulation, self.attention = Dense(width, 6 * width), Dense(width, 3 * width)
        self.projection, self.expand, self.contract = Dense(width, width), Dense(width, expansion * width), Dense(expansion * width, width)

    def forward(self, tokens, condition):
        b, n, width = tokens.shape
        m = self.modulation(condition).unsqueeze(1).chunk(6, 2)
        q, k, v = self.attention(modulate(tokens, m[0], m[1])).view(b, n, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, width)
        x = torch.addcmul(tokens, m[2], self.projection(mixed))
        return torch.addcmul(x, m[5], self.contract(F.gelu(self.expand(modulate(x, m[3], m[4])))))


def modulate(tokens, shift, scale):
    return torch.addcmul(shift, F.layer_norm(tokens, tokens.shape[-1:]), scale + 1)


class VelocityTransformer(torch.nn.Module):
    def __init__(self, width, depth, heads, channels, tokens, words, expansion):
        super().__init__()
        self.input, self.timeExpand, self.timeContract = Dense(channels, width), Dense(64, width), Dense(width, width)
        self.pooled, self.finalModulation, self.output = Dense(width, width), Dense(width, 2 * width), Dense(width, channels)
        self.vocabulary = torch.nn.Parameter(torch.zeros(words, width))
        self.position = torch.nn.Parameter(torch.zeros(1, tokens, width))
        self.blocks = torch.nn.ModuleList(Block(width, heads, expansion) for _ in range(depth))

    def forward(self, latents, sigma, words):
        ladder = torch.exp(torch.arange(32, dtype=latents.dtype, device=latents.device) * (-math.log(1000) / 31)) * 100
        angle = sigma.view(-1, 1) * ladder
        time_ = self.timeContract(F.silu(self.timeExpand(torch.cat([angle.cos(), angle.sin()], 1))))
        text = self.vocabulary.index_select(0, words.reshape(-1)).view(latents.shape[0], 4, -1)
        condition = F.silu(time_ + self.pooled(text.sum(1)))
        x = torch.cat([text, self.input(latents) + self.position], 1)
        for block in self.blocks:
            x = block(x, condition)
        m = self.finalModulation(condition).unsqueeze(1).chunk(2, 2)
        clean = self.output(modulate(x[:, 4:], m[0], m[1]))
        return (latents - clean) / sigma.clamp(min=0.05).view(-1, 1, 1)


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    kinds = {"F32": torch.float32, "I64": torch.int64}
    return {name: torch.frombuffer(data, dtype=kinds[e["dtype"]], offset=e["data_offsets"][0], count=max(1, math.prod(e["shape"]))).view(e["shape"]).clone()
            for name, e in header.items()}


class Loop:
    """One iteration: x' = a·x + b·v + s·ξ at every step, log-probabilities averaged over elements, the clipped loss, AdamW."""

    def __init__(self, settings, network, words):
        self.s, self.network, self.words = settings, network, words
        self.optimizer = torch.optim.AdamW([p for n, p in network.named_parameters() if n.split(".")[0] not in settings["frozen"]],
                                           lr=1e-4, weight_decay=1e-4, fused=settings["fused"])

    def velocity(self, x, step, prompts):
        sigma = torch.full((1,), self.s["sigmas"][step], device=x.device)
        return self.network(x, sigma, self.words[prompts])

    def log_prob(self, mean, std, following):
        return ((following - mean) ** 2).flatten(1).mean(1) * (-0.5 / std ** 2) - math.log(std) - 0.5 * math.log(2 * math.pi)

    def step_update(self):
        torch.nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"]], 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def rollout(self, size):
        levels, log_probs, owners = [torch.randn(self.s["prompts"], *self.s["latent"], device=self.words.device)], [], [torch.arange(self.s["prompts"], device=self.words.device)]
        with torch.no_grad():
            for step, (a, b, std, branches) in enumerate(self.s["steps"]):
                x, prompt = levels[-1], owners[-1]
                v = torch.cat([self.velocity(x[i:i + size], step, prompt[i:i + size]) for i in range(0, len(x), size)])
                mean = (a * x + b * v).repeat_interleave(branches, 0)
                following = mean + std * torch.randn_like(mean)
                log_probs.append(self.log_prob(mean, std, following))
                levels.append(following)
                owners.append(prompt.repeat_interleave(branches))
        return levels, log_probs, owners

    def train(self, levels, log_probs, owners, size, per_update):
        """Edges of the trained steps in order; an optimiser step after every `per_update` denoising steps or edges."""
        done = 0
        for step in self.s["trained"]:
            a, b, std, branches = self.s["steps"][step]
            for i in range(0, len(levels[step]), size):
                x, following = levels[step][i:i + size], levels[step + 1][i * branches:(i + size) * branches]
                old, advantage = log_probs[step][i * branches:(i + size) * branches], torch.randn(len(following), device=x.device)
                groups = [(x, following, old, advantage, branches)] if size > 1 else [
                    (x, following[k:k + 1], old[k:k + 1], advantage[k:k + 1], 1) for k in range(branches)]
                for x_, following_, old_, advantage_, branches_ in groups:
                    mean = (a * x_ + b * self.velocity(x_, step, owners[step][i:i + size])).repeat_interleave(branches_, 0)
                    ratio = torch.exp(self.log_prob(mean, std, following_) - old_)
                    torch.maximum(-advantage_ * ratio, -advantage_ * ratio.clamp(1 - 1e-4, 1 + 1e-4)).sum().backward()
                    done += len(following_)
                    if size == 1 and done % per_update == 0:
                        self.step_update()
            if size > 1 and (self.s["trained"].index(step) + 1) % per_update == 0:
                self.step_update()
        self.step_update()


def timed(action, repetitions, device):
    times = []
    for i in range(repetitions + 1):
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        action()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main():
    settings = json.load(sys.stdin)
    torch.set_num_threads(settings["threads"])
    network = VelocityTransformer(**settings["network"])
    network.load_state_dict(read_safetensors(settings["weights"]))
    network.to(settings["device"])
    probe = read_safetensors(settings["probe"])
    with torch.no_grad():
        got = network(probe["latents"].to(settings["device"]), probe["sigma"].to(settings["device"]), probe["words"].to(settings["device"])).cpu()
    result = {"torch": torch.__version__, "difference": float((got - probe["velocity"]).abs().max() / probe["velocity"].abs().max())}
    words = probe["words"][: settings["prompts"]].to(settings["device"])
    forms = [("eager", network)] + ([("compiled", torch.compile(network, dynamic=False))] if settings["compile"] else [])
    for name, form in forms:
        loop, size = Loop(settings, form, words), settings["batch"]
        result[name] = timed(lambda: loop.train(*loop.rollout(size), size, settings["stepsPerUpdate"]), settings["repetitions"], settings["device"])
        batch = probe["latents"].to(settings["device"])
        sigma, text = probe["sigma"].to(settings["device"]), probe["words"].to(settings["device"])
        with torch.no_grad():
            result[name + "Forward"] = timed(lambda: form(batch, sigma, text), settings["repetitions"], settings["device"])
        result[name + "Backward"] = timed(lambda: form(batch, sigma, text).sum().backward(), settings["repetitions"], settings["device"])
    loop = Loop(settings, network, words)
    result["published"] = timed(lambda: loop.train(*loop.rollout(1), 1, settings["edgesPerUpdate"]), max(1, settings["repetitions"] // 3), settings["device"])
    print(json.dumps(result))


main()
