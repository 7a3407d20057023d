namespace BranchGrpo.Kit.Models.Lora;

/// <summary>How adapters are stored.</summary>
public enum LoraFormat
{
    /// <summary>peft: a folder with adapter_config.json and adapter_model.safetensors.</summary>
    Peft,

    /// <summary>diffusers: pytorch_lora_weights.safetensors, with rank and alpha in its header.</summary>
    Diffusers,
}
